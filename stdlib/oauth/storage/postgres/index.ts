/**
 * `holdfast/postgres`: tokens in PostgreSQL, for hosts that share them.
 *
 * @module
 */

export type { KeyEncryptionKey, KeyEncryptionKeys } from "./key-wrap.ts";
export { migrate, type PostgresRoles, schemaVersion } from "./migrate.ts";
export type { PostgresClient, PostgresNotification, PostgresPool, PostgresResult } from "./pool.ts";
export { type PostgresStorage, postgresStorage, type PostgresStorageOptions } from "./postgres-storage.ts";
export { refreshDue } from "./refresh-due.ts";
export {
  postgresRefreshTasks,
  type RefreshJobHelpers,
  type RefreshTaskOptions,
  type RefreshTasks,
} from "./refresh-tasks.ts";
export type {
  ClientFor,
  Connection,
  ConnectionClient,
  RefreshCounts,
  RefreshDueOptions,
} from "./refresher.ts";
export { rewrapKeys } from "./rewrap-keys.ts";
