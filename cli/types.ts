/**
 * `holdfast types`: copies the type declarations that the build made from the std modules.
 *
 * @module
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { fileReason } from "./script-file.ts";
import { note, print } from "./terminal.ts";
import type { TypesOptions } from "./types-command.ts";
import { UsageError } from "./usage-error.ts";

const shipped = new URL("../types/", import.meta.url);

/** How each of our files begins; a file that begins otherwise is a person's. */
const ours = "// Written by `holdfast types`";

/** Settings under which an editor sees what a script finds, and nothing of Node or a browser. */
export const suggestedConfig = {
  compilerOptions: {
    target: "ES2023",
    lib: ["ES2023"],
    types: [],
    module: "preserve",
    moduleDetection: "force",
    allowImportingTsExtensions: true,
    allowJs: true,
    noEmit: true,
    strict: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
  },
} as const;

/** Writes or checks the files. Throws UsageError when a file cannot be written, or is not ours. */
export async function types({ out, check }: TypesOptions): Promise<ExitCode> {
  const files = readdirSync(shipped)
    .filter((name) => name.endsWith(".d.ts"))
    .map((name) => ({ name, path: join(out, name), text: readFileSync(new URL(name, shipped), "utf8") }));
  const existing = files.map((file) => ({ ...file, present: present(file.path) }));
  if (check) {
    const wrong = existing.filter(({ text, present: found }) => found !== text);
    for (const { path, present: found } of wrong) {
      note(`holdfast: ${path} ${found === null ? "is missing" : "is not of this version"}`);
    }
    if (wrong.length > 0) note("holdfast: run `holdfast types` with the same --out");
    return wrong.length > 0 ? exitCodes.threw : exitCodes.done;
  }
  for (const { path, present: found } of existing) {
    if (found !== null && !found.startsWith(ours)) {
      throw new UsageError(
        `${path} exists and was not written by holdfast types; move it or choose another --out`,
      );
    }
  }
  try {
    mkdirSync(out, { recursive: true });
  } catch (error) {
    throw new UsageError(`--out ${out}: ${fileReason(error)}`);
  }
  for (const { path, text } of files) {
    write(path, text, "w");
    await print(path);
  }
  const config = join(out, "tsconfig.json");
  if (write(config, `${JSON.stringify(suggestedConfig, null, 2)}\n`, "wx")) await print(config);
  return exitCodes.done;
}

/** The text of a file, or null when there is none. */
function present(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw new UsageError(`${path}: ${fileReason(error)}`);
  }
}

/** False when the flag is `wx` and something is there already. */
function write(path: string, text: string, flag: "w" | "wx"): boolean {
  try {
    writeFileSync(path, text, { flag });
    return true;
  } catch (error) {
    if (flag === "wx" && codeOf(error) === "EEXIST") return false;
    throw new UsageError(`${path}: ${fileReason(error)}`);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
