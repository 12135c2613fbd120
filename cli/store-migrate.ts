/**
 * `holdfast store migrate`: makes the schema of the database and gives its roles their rights.
 *
 * @module
 */

import { migrate, schemaVersion } from "../stdlib/oauth/storage/postgres/migrate.ts";
import { connect, takeAddress } from "./database.ts";
import { addressVariable } from "./database-variables.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import type { MigrateOptions } from "./store-command.ts";
import { note, print } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Prints what was done. Throws UsageError without an address. */
export async function migrateStore({ app, scheduler }: MigrateOptions): Promise<ExitCode> {
  const url = takeAddress(process.env);
  if (url === null)
    throw new UsageError(`store migrate needs the address of a database in ${addressVariable}`);
  const pool = await connect(url, 1);
  try {
    const steps = await migrate(pool, { roles: { app, scheduler } });
    const made = steps === 0 ? "nothing to do" : `${steps} ${steps === 1 ? "step" : "steps"} made`;
    await print(`${made}: the schema holdfast is at version ${schemaVersion}`);
    return exitCodes.done;
  } catch (error) {
    // What the database says of its roles and rights is what the operator needs, and holds no token.
    note(`holdfast: the database refused: ${error instanceof Error ? error.message : String(error)}`);
    return exitCodes.threw;
  } finally {
    await pool.end();
  }
}
