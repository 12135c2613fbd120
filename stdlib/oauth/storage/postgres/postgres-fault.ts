/**
 * What can go wrong with the PostgreSQL storage, one row each: the thrown errors are made from this table.
 *
 * @module
 */

import { OAuthError } from "../../errors.ts";

const faults = {
  unreachable: [
    "the database could not be reached",
    "Look whether the server runs and the pool's settings are right, then try again.",
    true,
  ],
  login: [
    "the database refused the login of the pool's role",
    "Look at the user, password and database in the pool's settings.",
    false,
  ],
  slow: ["the database did not answer in time", "Look for long transactions, and try again.", true],
  cut: [
    "the connection to the database broke, and it could not be learned what became of the statement",
    "Try again when the database can be reached.",
    true,
  ],
  contended: ["another transaction kept the rows of this operation", "Try again.", true],
  exhausted: [
    "the database has no room or no connection left",
    "Free space or connections, then try again.",
    true,
  ],
  read_only: ["the database takes no writes", "Connect to the primary, and try again.", true],
  denied: [
    "the database role has no right to do this",
    "Run migrate with this role in roles.app, and connect as it.",
    false,
  ],
  failed: ["the database refused the statement", "Compare the schema with this release's.", false],
  schema_missing: ["the database has no schema holdfast", "Run migrate first.", false],
  schema_older: [
    "the schema of the database is older than this release",
    "Run migrate of this release.",
    false,
  ],
  schema_newer: [
    "the schema of the database is newer than this release",
    "Use the release that migrated it, or a newer one.",
    false,
  ],
  encoding: ["the encoding of the database is not UTF8", "Use a database with the encoding UTF8.", false],
  role_superuser: [
    "the database role is a superuser, which sees the rows of every tenant",
    "Connect as a role of its own that is no superuser, and as that role from the start.",
    false,
  ],
  role_bypasses: [
    "the database role may bypass row-level security, itself or as a member of another role",
    "Connect as a role without BYPASSRLS that is a member of no such role.",
    false,
  ],
  role_creates_roles: [
    "the database role may create roles, and with that give itself any other role",
    "Connect as a role without CREATEROLE.",
    false,
  ],
  role_owner: [
    "the database role owns the schema or its tables, itself or as a member of another role",
    "Run migrate as one role and connect as another.",
    false,
  ],
  role_sees_more: [
    "a further policy shows the database role rows of other tenants",
    "Connect as a role that is no scheduler and a member of none.",
    false,
  ],
  scheduler_sees_tokens: [
    "the role of the scheduler can read tokens",
    "Let the scheduler's pool connect as a role of roles.scheduler that is a member of no other role.",
    false,
  ],
  tables_open: [
    "row-level security is not forced on every table",
    "Find out who switched it off, and switch it on again: alter table … force row level security.",
    false,
  ],
  lock_timeout: [
    "another host kept the refresh lock of this key for over 60 seconds",
    "Try again when the other refresh is done.",
    true,
  ],
  closed: ["the storage is closed", "Use it before its close.", false],
  kek_unknown: [
    "the data key of this tenant is wrapped with a key that was not given",
    "Add the key that keys.current was before to keys.others.",
    false,
  ],
  kek_wrong: [
    "a key has the id of the one that wrapped the data key, and is another",
    "Give the key that was used under this id.",
    false,
  ],
  key_damaged: ["the stored data key of this tenant is damaged", "Restore it from a backup.", false],
  key_missing: [
    "the data key of a stored entry is not there",
    "Restore the table tenant_key from a backup, or log in again.",
    false,
  ],
  row_damaged: [
    "a stored entry was changed outside of Holdfast, or moved from another place",
    "Find out who writes to the table; restore the row, or log in again.",
    false,
  ],
} as const;

export type PostgresFault = keyof typeof faults;

/** The error of a fault: HARN-OAU-010. `cause` is what the database threw: for the operator, and never shown to a script. */
export function postgresError(fault: PostgresFault, cause?: unknown): OAuthError {
  const [message, hint, retryable] = faults[fault];
  const error = new OAuthError("HARN-OAU-010", `std/oauth/storage: ${message}`, hint, { retryable });
  if (cause !== undefined) error.cause = cause;
  return error;
}
