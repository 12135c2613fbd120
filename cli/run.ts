/**
 * `holdfast run`: one script, one run, one result.
 *
 * @module
 */

import { closeSync, openSync } from "node:fs";
import {
  createRuntime,
  errorJson,
  formatError,
  jsonlSink,
  RunError,
  ScriptError,
  type Runtime,
  type RuntimeOptions,
} from "../runtime/index.ts";
import { safeText } from "../runtime/sandbox/display-text.ts";
import { oauth } from "../stdlib/oauth/index.ts";
import { createRedactor } from "../stdlib/oauth/redaction/engine.ts";
import { limits, scriptArgs } from "./arguments.ts";
import { takeDatabaseVariables } from "./database-variables.ts";
import { type ExitCode, exitCodeOf, exitCodes } from "./exit-codes.ts";
import type { SecretsCapability } from "../stdlib/oauth/node.ts";
import { interrupt } from "./interrupt.ts";
import { keyOption, keyVariable } from "./key-option.ts";
import { pathText } from "./path-text.ts";
import { printedResult } from "./printed-result.ts";
import { fileReason, readScript } from "./script-file.ts";
import { takeSealingKeys } from "./sealing-keys.ts";
import { coloursWanted, type LogLine, note, print, safeJson, showLog, showWarning } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** The options of the command line, read. */
export interface RunOptions {
  readonly allowNet: readonly string[];
  readonly allowEnv: readonly string[];
  readonly allowStorage: readonly string[];
  readonly allowCapability: readonly string[];
  readonly revealTokens: boolean;
  readonly testing: boolean;
  /** The file behind the capability `secrets`. */
  readonly secrets: string | undefined;
  /** Where its key comes from, as words. */
  readonly secretsKey: readonly string[];
  /** Whose tokens the database of the environment holds for cloud storage. */
  readonly tenant: string | undefined;
  readonly proxy: string | undefined;
  readonly arg: ReadonlyMap<string, string>;
  readonly argsJson: string | undefined;
  readonly limit: ReadonlyMap<string, string>;
  readonly json: boolean;
  readonly events: string | undefined;
}

/** Runs the script and prints its result. Throws UsageError before anything ran. */
export async function run(path: string, options: RunOptions): Promise<ExitCode> {
  const variables = takeDatabaseVariables(process.env);
  const sealingKeys = takeSealingKeys(process.env);
  const args = scriptArgs(options.argsJson, options.arg);
  const limitsGiven = limits(options.limit);
  const script = await readScript(path);
  if (options.events !== undefined) checkAppendable(options.events);

  const secrets =
    options.secrets === undefined ? undefined : await openSecrets(options.secrets, options.secretsKey);
  const database =
    options.tenant === undefined
      ? null
      : await (await import("./database.ts")).openTenant(options.tenant, variables);
  const redactor = createRedactor();
  const logged: LogLine[] = [];
  const stop = interrupt();
  const runtime = await start({
    plugins: [oauth({ redactor, ...(sealingKeys ? { sealingKeys } : {}) })],
    limits: limitsGiven,
    once: true,
    env: process.env,
    capabilities: {
      ...(secrets === undefined ? {} : { secrets }),
      ...(database === null ? {} : { oauth_storage: database.storage }),
    },
    ...(options.proxy === undefined ? {} : { egress: { proxy: options.proxy } }),
    ...(options.events === undefined ? {} : { events: [jsonlSink(options.events)] }),
    onLog: (line) => {
      if (options.json) logged.push(line);
      showLog(line);
    },
  }).catch(async (error: unknown) => {
    await database?.close();
    throw error;
  });
  for (const key of sealingKeys ?? []) key.fill(0);
  let code: ExitCode = exitCodes.done;
  let output: string | undefined;
  try {
    const done = await runtime.run({
      ...script,
      args,
      grants: {
        net: options.allowNet,
        env: options.allowEnv,
        storage: options.allowStorage,
        capabilities: options.allowCapability,
        reveal: options.revealTokens,
        testing: options.testing,
      },
      signal: stop.signal,
    });
    const result = options.revealTokens ? done.result : printedResult(redactor, done.result);
    for (const warning of done.warnings) showWarning(warning);
    output = options.json
      ? safeJson({
          ok: true,
          result: result ?? null,
          ...(logged.length > 0 ? { logs: logged } : {}),
          usage: done.usage,
        })
      : textOf(result);
  } catch (error) {
    if (!(error instanceof RunError || error instanceof ScriptError)) throw error;
    code = exitCodeOf(error);
    if (options.json) {
      const shown = { ...errorJson(error), retryable: error.retryable };
      output = safeJson({ ok: false, error: redactor.redactValue(shown) });
    } else if (!stop.signal.aborted) {
      note(redactor.redact(formatError(error, { colour: coloursWanted() })));
    }
  } finally {
    await runtime.close();
    await database?.close();
    stop.release();
  }
  if (output !== undefined) await print(output);
  return stop.signal.aborted ? exitCodes.interrupted : code;
}

/** Limits out of their range are a mistake on the command line. */
async function start(options: RuntimeOptions): Promise<Runtime> {
  try {
    return await createRuntime(options);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new UsageError(`${error.message.replace(/\.$/, "")}. ${error.hint ?? ""}`.trimEnd());
  }
}

/** The capability `secrets`. Keys leave the environment, so that no script is given them. */
async function openSecrets(path: string, words: readonly string[]): Promise<SecretsCapability> {
  const { fileSecrets, OAuthError } = await import("../stdlib/oauth/node.ts");
  const key =
    words.length === 0
      ? [{ keychain: true as const }]
      : words.map((each) => keyOption("--secrets-key", each));
  for (const each of words) delete process.env[keyVariable(each) ?? ""];
  try {
    const { capability, notes } = await fileSecrets({ path, key });
    for (const line of notes) showWarning(line);
    return capability;
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw new UsageError(`--secrets ${pathText(path)}: ${error.message}. ${error.hint}`);
  }
}

/** A string as it is (on a terminal without its control characters), nothing for undefined, else readable JSON. */
function textOf(result: unknown): string | undefined {
  if (typeof result === "string") return process.stdout.isTTY ? safeText(result, true) : result;
  return result === undefined ? undefined : safeJson(result, 2);
}

/** Says early, and in one line, that the events could not be written. */
function checkAppendable(path: string): void {
  try {
    closeSync(openSync(path, "a", 0o600));
  } catch (error) {
    throw new UsageError(`--events ${path}: ${fileReason(error)}`);
  }
}
