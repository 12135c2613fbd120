/**
 * What is needed of the embedder's `pg` pool. A `Pool` of the package `pg` fits; nothing here imports it.
 *
 * @module
 */

/** A pool of connections to one database. */
export interface PostgresPool {
  connect(taken: (error: Error | undefined, client: PostgresClient | undefined) => void): void;
}

/** A connection that was taken from the pool. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<PostgresResult>;
  /** Gives it back; with true it is closed instead. */
  release(destroy?: boolean): void;
  on(event: "error" | "end", listener: () => void): unknown;
  on(event: "notification", listener: (message: PostgresNotification) => void): unknown;
}

export interface PostgresResult {
  readonly rows: readonly unknown[];
}

export interface PostgresNotification {
  readonly channel: string;
  readonly payload?: string | undefined;
}
