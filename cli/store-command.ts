/**
 * The options of `holdfast store`.
 *
 * @module
 */

import type { Command } from "commander";
import { databaseHelp, keysVariable, schedulerVariable } from "./database-variables.ts";
import { storeExitCodeTable } from "./exit-codes.ts";
import { collected, keyForms } from "./key-option.ts";
import { UsageError } from "./usage-error.ts";

/** What `doctor` is asked to look at. */
export interface DoctorOptions {
  /** Null: the database of the environment. */
  readonly file: string | null;
  /** Where keys of the file come from, as words; any number. */
  readonly key: readonly string[];
  /** Tenants of the database whose keys are looked at. */
  readonly tenant: readonly string[];
  /** True: the report is one JSON document. */
  readonly json: boolean;
}

/** Names of database roles. */
export interface MigrateOptions {
  readonly app: readonly string[];
  readonly scheduler: readonly string[];
}

/** Which keys are to open a file. */
export interface RekeyOptions {
  readonly file: string;
  /** Where the key that opens the file now comes from, as words. */
  readonly key: string;
  /** The other key; null to retire all but `key`. */
  readonly newKey: string | null;
  /** True: the old key stays. */
  readonly add: boolean;
}

interface GivenDoctor extends Partial<Omit<DoctorOptions, "file">> {
  readonly file?: string;
  readonly database?: boolean;
}

interface GivenRekey {
  readonly file: string;
  readonly key: string;
  readonly newKey?: string;
  readonly add?: boolean;
  readonly retire?: boolean;
}

/** Adds the commands. Throws UsageError for options that do not go together. */
export function storeCommand(
  program: Command,
  doctor: (options: DoctorOptions) => Promise<void>,
  rekey: (options: RekeyOptions) => Promise<void>,
  migrate: (options: MigrateOptions) => Promise<void>,
): void {
  const store = program
    .command("store")
    .summary("look after the files and the database that hold tokens and secrets")
    .description(
      "Looks after the encrypted files and the database that hold tokens and secrets. Prints no token and no secret.",
    )
    .helpOption("-h, --help", "print this")
    .helpCommand(false);
  store
    .command("doctor")
    .summary("say what is wrong with a file or the database, and change nothing")
    .description(
      "Looks at a file's rights, content, key, durability and locks; or at the database's role, row-level security, schema, " +
        "keys and schedule. Names what is wrong, and changes nothing.",
    )
    .option("--file <path>", "a file of tokens or secrets")
    .option("--database", "the PostgreSQL database of the environment")
    .option(
      "--tenant <name>",
      "with --database, a tenant whose keys are tried; repeat it for several",
      collected,
    )
    .option("--key <source>", `where its key is: ${keyForms}; repeat it for several`, collected)
    .option("--json", "print one JSON document")
    .helpOption("-h, --help", "print this")
    .addHelpText("after", helpText("store doctor --file ./tokens.bin --key env:STORE_KEY", doctorEnvironment))
    .action(async ({ file, database = false, tenant = [], key = [], json = false }: GivenDoctor) => {
      if (database === (file !== undefined))
        throw new UsageError("doctor needs --file or --database, one of them");
      if (database && key.length > 0)
        throw new UsageError(`--key is for files; keys of the database are in ${keysVariable}`);
      if (!database && tenant.length > 0) throw new UsageError("--tenant needs --database");
      await doctor({ file: file ?? null, key, tenant, json });
    });
  store
    .command("migrate")
    .summary("make or update the schema of the database")
    .description(
      "Makes the schema holdfast in the PostgreSQL database of the environment, or brings it to this release, and gives " +
        "the roles their rights. Connect as the role that owns the schema. Up to date, it changes nothing.",
    )
    .requiredOption("--app <role>", "a role that hosts connect as; repeat it for several", collected)
    .option("--scheduler <role>", "a role that finds what is due, of all tenants", collected)
    .helpOption("-h, --help", "print this")
    .addHelpText("after", helpText("store migrate --app app --scheduler scheduler", databaseHelp))
    .action(async ({ app, scheduler = [] }: Partial<MigrateOptions> & Pick<MigrateOptions, "app">) => {
      await migrate({ app, scheduler });
    });
  store
    .command("rekey")
    .summary("give a file another key")
    .description(
      "Encrypts the file anew, so that the new key alone opens it. To roll a new key out, first --add it, then --retire the " +
        "old one. A key file or a keychain item that is not there yet is made.",
    )
    .requiredOption("--file <path>", "a file of tokens or secrets")
    .requiredOption("--key <source>", `where the key is that opens it now: ${keyForms}`)
    .option("--new-key <source>", "where the new key is, in the same forms")
    .option("--add", "let both keys open the file")
    .option("--retire", "let --key alone open the file from now on")
    .helpOption("-h, --help", "print this")
    .addHelpText("after", helpText("store rekey --file ./tokens.bin --key env:OLD_KEY --new-key env:NEW_KEY"))
    .action(async ({ file, key, newKey, add = false, retire = false }: GivenRekey) => {
      if (retire === (newKey !== undefined))
        throw new UsageError("rekey needs --new-key or --retire, one of them");
      if (add && retire)
        throw new UsageError("--add keeps the old key and --retire takes it away; use one of them");
      await rekey({ file, key, newKey: newKey ?? null, add });
    });
}

const doctorEnvironment = `${databaseHelp}
  ${schedulerVariable}  the same database as a role of the scheduler, to see what is due`;

function helpText(example: string, environment?: string): string {
  const codes = storeExitCodeTable
    .map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`)
    .join("\n");
  const variables = environment === undefined ? "" : `\nEnvironment:\n${environment}\n`;
  return `${variables}\nExit codes:\n${codes}\n\nExample:\n  $ holdfast ${example}\n`;
}
