/**
 * The environment variables of the database.
 *
 * @module
 */

export const addressVariable = "HOLDFAST_DATABASE_URL";
export const schedulerVariable = "HOLDFAST_SCHEDULER_URL";
export const keysVariable = "HOLDFAST_STORE_KEYS";

/** For the help of commands that use the database. */
export const databaseHelp: string = `  ${addressVariable}  the PostgreSQL database: postgres://role:password@host/database
  ${keysVariable}    its keys, id:key with 32 bytes in base64url, separated by commas: the first
                         wraps new data keys, all open`;

/** Takes them all out of an environment, so that no script can read them there, and answers them. */
export function takeDatabaseVariables(
  env: Record<string, string | undefined>,
): Record<string, string | undefined> {
  const taken: Record<string, string | undefined> = {};
  for (const name of [addressVariable, schedulerVariable, keysVariable]) {
    taken[name] = env[name];
    delete env[name];
  }
  return taken;
}
