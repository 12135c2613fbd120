/**
 * What the words of the command line mean.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { limitTable } from "../runtime/sandbox/limits.ts";
import { list, pairs } from "./arguments.ts";
import { conformanceCommand } from "./conformance-command.ts";
import { databaseHelp } from "./database-variables.ts";
import { type ExitCode, exitCodes, exitCodeTable } from "./exit-codes.ts";
import { collected, keyForms } from "./key-option.ts";
import { redactCommand } from "./redact-command.ts";
import type { RunOptions } from "./run.ts";
import { storeCommand } from "./store-command.ts";
import { note } from "./terminal.ts";
import { typesCommand } from "./types-command.ts";
import { isUsageError, UsageError } from "./usage-error.ts";

/** Does what the words say. Answers the exit code; what is wrong stands on standard error then. */
export async function main(words: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  const program = new Command("holdfast")
    .description("Runs scripts in a sandbox and gives them OAuth, without giving them the tokens.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this")
    .exitOverride()
    .configureOutput({ outputError: (text) => note(text.trim().replace(/^error: /, "holdfast: ")) });
  program.addHelpText(
    "after",
    "\n`holdfast run --help` explains grants, limits and exit codes, with examples.",
  );
  runCommand(program, async (path, options) => {
    const { run } = await import("./run.ts");
    code = await run(path, options);
  });
  conformanceCommand(program, async (options) => {
    const { conformance } = await import("./conformance.ts");
    code = await conformance(options);
  });
  typesCommand(program, async (options) => {
    const { types } = await import("./types.ts");
    code = await types(options);
  });
  redactCommand(
    program,
    async (options) => {
      const { redact } = await import("./redact.ts");
      code = await redact(options);
    },
    async (options) => {
      const { scan } = await import("./redact-scan.ts");
      code = await scan(options);
    },
  );
  storeCommand(
    program,
    async (options) => {
      const { doctor } = await import("./store-doctor.ts");
      code = await doctor(options);
    },
    async (options) => {
      const { rekey } = await import("./store-rekey.ts");
      code = await rekey(options);
    },
    async (options) => {
      const { migrateStore } = await import("./store-migrate.ts");
      code = await migrateStore(options);
    },
  );
  providersCommand(program, async (id, json) => {
    const { listProviders, showProvider } = await import("./providers.ts");
    await (id === null ? listProviders(json) : showProvider(id, json));
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return code;
  } catch (error) {
    if (isUsageError(error)) note(`holdfast: ${error.message}`);
    else if (!(error instanceof CommanderError)) return fault(error);
    else if (error.code === "commander.helpDisplayed" || error.code === "commander.version")
      return exitCodes.done;
    return exitCodes.usage;
  }
}

/** What nobody foresaw: shown whole, because it is what a report needs. */
function fault(error: unknown): ExitCode {
  note("holdfast: a fault in holdfast itself; please report it");
  note(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return exitCodes.threw;
}

interface Given extends Partial<Omit<RunOptions, "secrets" | "tenant" | "proxy" | "argsJson" | "events">> {
  readonly secrets?: string;
  readonly tenant?: string;
  readonly proxy?: string;
  readonly argsJson?: string;
  readonly events?: string;
}

function runCommand(program: Command, action: (path: string, options: RunOptions) => Promise<void>): void {
  program
    .command("run")
    .summary("run one script and print its result")
    .description(
      "Runs one JavaScript or TypeScript module. Its default function is called with the args; what it returns is " +
        "printed on standard output, logs and prompts on standard error. Nothing is allowed unless you allow it.",
    )
    .argument("<script>", 'a .ts or .js file, or "-" for standard input')
    .helpOption("-h, --help", "print this")
    .optionsGroup("What the script may do (repeat an option, or separate entries with commas):")
    .option(
      "--allow-net <hosts>",
      'reach these hosts: "api.github.com", "localhost:8080", "*.example.com" (subdomains), "*" (any public host)',
      list("--allow-net"),
    )
    .option(
      "--allow-env <names>",
      'read these environment variables: "STORE_KEY", "GITHUB_*"',
      list("--allow-env"),
    )
    .option(
      "--allow-storage <paths>",
      'keep tokens in these files, relative to the script: "./tokens.bin"; "*" for any file',
      list("--allow-storage"),
    )
    .option("--allow-capability <names>", "use these capabilities of the host", list("--allow-capability"))
    .option(
      "--secrets <file>",
      'give the capability "secrets": secrets in this encrypted file, made at the first write',
    )
    .option(
      "--tenant <name>",
      'give the capability "oauth_storage": cloud storage in the PostgreSQL database of the environment, as this tenant',
    )
    .option(
      "--secrets-key <source>",
      `where the file's key is: ${keyForms}; repeat it for several; default keychain`,
      collected,
    )
    .option(
      "--reveal-tokens",
      "give the script real tokens instead of sealed ones, and print them unredacted",
    )
    .option("--testing", 'allow "std/testing": a scripted clock and network, and no real network')
    .optionsGroup("What the script gets:")
    .option(
      "--arg <name=value>",
      "a member of the script's args; the value stays a string, also when it looks like a number or JSON",
      pairs("--arg"),
    )
    .option("--args-json <object>", "args as one JSON object; --arg adds to it and wins")
    .optionsGroup("Limits, network and output:")
    .option(
      "--limit <name=value>",
      `a limit of the run: ${Object.keys(limitTable).join(", ")}; as in memory=64MiB, wall=30s, cpu=500ms`,
      pairs("--limit"),
    )
    .option(
      "--proxy <url>",
      "reach https hosts through this proxy, http://host:port or https://host:port; no environment variable does it",
    )
    .option("--json", 'print {"ok":true,"result":…,"usage":…} or {"ok":false,"error":…}')
    .option(
      "--events <file>",
      "append every event to this file, one JSON object a line; token values never occur",
    )
    .addHelpText("after", helpText())
    .action(async (path: string, given: Given) => {
      if (given.secrets === undefined && given.secretsKey)
        throw new UsageError("--secrets-key needs --secrets");
      await action(path, {
        allowNet: given.allowNet ?? [],
        allowEnv: given.allowEnv ?? [],
        allowStorage: given.allowStorage ?? [],
        allowCapability: given.allowCapability ?? [],
        secrets: given.secrets,
        secretsKey: given.secretsKey ?? [],
        tenant: given.tenant,
        revealTokens: given.revealTokens ?? false,
        testing: given.testing ?? false,
        proxy: given.proxy,
        arg: given.arg ?? new Map(),
        argsJson: given.argsJson,
        limit: given.limit ?? new Map(),
        json: given.json ?? false,
        events: given.events,
      });
    });
}

/** `id` null: all of them. */
function providersCommand(
  program: Command,
  action: (id: string | null, json: boolean) => Promise<void>,
): void {
  const providers = program
    .command("providers")
    .summary("say what is known of a provider")
    .description("Prints the provider records that scripts get from std/oauth/providers. Sends nothing.")
    .helpOption("-h, --help", "print this")
    .helpCommand(false);
  providers
    .command("list")
    .summary("print all of them, one a line")
    .helpOption("-h, --help", "print this")
    .option("--json", "print a JSON list")
    .action(async ({ json }: { json?: boolean }) => await action(null, json ?? false));
  providers
    .command("show")
    .summary("print one: endpoints, scopes, and what is odd about it")
    .argument("<id>", "a name of the list")
    .helpOption("-h, --help", "print this")
    .option("--json", "print the whole record as JSON")
    .action(async (id: string, { json }: { json?: boolean }) => await action(id, json ?? false));
}

function helpText(): string {
  const codes = exitCodeTable
    .map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`)
    .join("\n");
  return `
Environment:
  HOLDFAST_SEALING_KEYS  keys of 32 bytes in base64url, separated by commas, with which sealed tokens
                         survive from run to run: the first seals, all open
${databaseHelp}

Exit codes:
${codes}

Examples:
  $ holdfast run hello.ts --arg name=Ada
  $ holdfast run call-api.ts --allow-net=api.example.com --allow-storage=./tokens.bin --allow-env=STORE_KEY
  $ echo 'export default () => 6 * 7' | holdfast run -
`;
}

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
