/**
 * Finds the cases and reads them. A file that is not as the schema says is an error that names the place.
 *
 * @module
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { CaseFile, ModeName } from "./case-format.ts";
import { checkSchema } from "./json-schema.ts";
import { readScriptCase, type ScriptCase } from "./script-case.ts";

/** The folder with `case.schema.json` and `cases/`. */
export const fixturesFolder: string = fileURLToPath(new URL("../../fixtures/", import.meta.url));

export type LoadedCase =
  | { readonly kind: "data"; readonly name: string; readonly file: CaseFile; readonly source?: string }
  | { readonly kind: "script"; readonly name: string; readonly script: ScriptCase };

/** Thrown for a case file that cannot be used: one line per problem. */
export class CaseFileError extends Error {
  override readonly name: string = "CaseFileError";
}

/** Every case below a folder, by name: its path without the ending, as in `client/token_is_fresh`. */
export function loadCases(folder: string = join(fixturesFolder, "cases")): readonly LoadedCase[] {
  if (!existsSync(folder)) throw new CaseFileError(`there is no folder ${folder}`);
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(json|ts)$/.test(path))
    .sort();
  const read = (path: string): string => readFileSync(join(folder, path), "utf8");
  const data = names.filter((path) => path.endsWith(".json")).map((path) => withSource(path, read));
  const rows = new Set(data.flatMap(({ scriptPath }) => (scriptPath === null ? [] : [scriptPath])));
  const scripts = names.filter((path) => path.endsWith(".ts") && !rows.has(path));
  return [
    ...data.map(({ loaded }) => loaded),
    ...scripts.map((path) => readCase(slashes(path), read(path))),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A data case, with the pipeline that it names. */
function withSource(
  path: string,
  read: (path: string) => string,
): { readonly loaded: LoadedCase; readonly scriptPath: string | null } {
  const loaded = readCase(slashes(path), read(path));
  if (loaded.kind !== "data" || loaded.file.script === undefined) return { loaded, scriptPath: null };
  const scriptPath = join(dirname(path), loaded.file.script);
  try {
    return { loaded: { ...loaded, source: read(scriptPath) }, scriptPath };
  } catch (error) {
    throw new CaseFileError(`${path}: ${messageOf(error)}`);
  }
}

function slashes(path: string): string {
  return path.split(sep).join("/");
}

const everyMode: readonly ModeName[] = ["guest", "host", "adapter"];

/** The modes that a case runs in: a row's pipeline needs the sandbox, a probe Node, a script case one of them. */
export function runsIn(loaded: LoadedCase): readonly ModeName[] {
  const { only } = loaded.kind === "data" ? loaded.file : loaded.script;
  if (only !== undefined && only !== null) return [only];
  if (loaded.kind === "script") return ["guest", "host"];
  if (loaded.file.script !== undefined) return ["guest"];
  return loaded.file.probe === undefined ? everyMode : ["host"];
}

let schema: Readonly<Record<string, unknown>> | undefined;

/** One case from its text. @throws CaseFileError when the schema refuses it. */
export function readCase(path: string, text: string): LoadedCase {
  const name = path.replace(/\.(json|ts)$/, "");
  if (path.endsWith(".ts")) {
    try {
      return { kind: "script", name, script: readScriptCase(text) };
    } catch (error) {
      throw new CaseFileError(`${path}: ${messageOf(error)}`);
    }
  }
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (error) {
    throw new CaseFileError(`${path}: ${messageOf(error)}`);
  }
  schema ??= JSON.parse(readFileSync(join(fixturesFolder, "case.schema.json"), "utf8")) as Record<
    string,
    unknown
  >;
  const problems = checkSchema(schema, file);
  if (problems.length > 0)
    throw new CaseFileError(problems.map(({ at, message }) => `${path}${at}: ${message}`).join("\n"));
  return { kind: "data", name, file: file as CaseFile };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
