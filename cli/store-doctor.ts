/**
 * `holdfast store doctor`: looks at everything, then says it.
 *
 * @module
 */

import { OAuthError } from "../stdlib/oauth/node.ts";
import { addressVariable, schedulerVariable } from "./database-variables.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { keyOption } from "./key-option.ts";
import { pathText } from "./path-text.ts";
import type { Finding, StoreCheck } from "./store-check.ts";
import type { DoctorOptions } from "./store-command.ts";
import { fileChecks } from "./store-file-checks.ts";
import { print, safeJson } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

interface Found extends Finding {
  readonly name: string;
}

/** Prints what was found. Throws UsageError for a key that is not given rightly. */
export async function doctor(options: DoctorOptions): Promise<ExitCode> {
  const { file, key, json } = options;
  if (file === null) return await databaseDoctor(options);
  const checks = fileChecks(
    file,
    key.map((words) => ({ words: pathText(words), option: keyOption("--key", words) })),
  );
  return await report(checks, json, { file: pathText(file) });
}

async function databaseDoctor({ tenant, json }: DoctorOptions): Promise<ExitCode> {
  const { connect, takeAddress, takeStoreKeys } = await import("./database.ts");
  const { databaseChecks } = await import("./store-database-checks.ts");
  const [url, schedulerUrl] = [takeAddress(process.env), takeAddress(process.env, schedulerVariable)];
  const keys = takeStoreKeys(process.env);
  if (url === null) throw new UsageError(`--database needs the address of a database in ${addressVariable}`);
  const pool = await connect(url, 2);
  const scheduler = schedulerUrl === null ? null : await connect(schedulerUrl, 1);
  try {
    return await report(databaseChecks({ pool, scheduler, keys, tenants: tenant }), json, {});
  } finally {
    await pool.end();
    await scheduler?.end();
  }
}

async function report(
  checks: readonly StoreCheck[],
  json: boolean,
  about: { readonly file?: string },
): Promise<ExitCode> {
  const found: Found[] = [];
  for (const check of checks) found.push({ name: check.name, ...(await looked(check)) });
  const good = found.every(({ state }) => state !== "wrong");
  await print(json ? (safeJson({ ok: good, ...about, checks: found }, 2) ?? "") : table(found));
  return good ? exitCodes.done : exitCodes.threw;
}

/** A check that fails with one of our errors has found just that. */
async function looked({ look }: StoreCheck): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return { state: "wrong", says: error.message.replace(/^std\/oauth\/storage: /, ""), hint: error.hint };
  }
}

function table(found: readonly Found[]): string {
  const width = Math.max(...found.map(({ name }) => name.length));
  return found
    .flatMap(({ state, name, says, hint }) => [
      `${state.padEnd(7)}  ${name.padEnd(width)}  ${says}`,
      ...(hint === undefined ? [] : [`${" ".repeat(11 + width)}${hint}`]),
    ])
    .join("\n");
}
