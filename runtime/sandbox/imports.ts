/**
 * Reads a pipeline's own modules and judges every import before anything runs.
 *
 * @module
 */

import type { ImportSpecifier } from "es-module-lexer/js";
import { RunError } from "../host/run-error.ts";
import {
  type ImportGrants,
  judgeForm,
  judgeNames,
  judgeStd,
  quote,
  refused,
  type ScannedModule,
  scanModule,
  shorten,
  tooLarge,
} from "./import-rules.ts";
import { mainName, type ModuleFolder, openFolder } from "./module-folder.ts";
import { isRelative, moduleEndings, relativeName } from "./module-name.ts";

/** What {@link loadModules} works on. */
export interface LoadOptions extends ImportGrants {
  /** The main module's source. */
  readonly source: string;
  /** Its file name, relative to the folder. */
  readonly filename: string;
  /** Removes types; gets a source and its module name. */
  readonly strip: (source: string, filename: string) => Promise<string>;
  /** Bytes of all sources together, as UTF-8. */
  readonly maxBytes: number;
}

/** A pipeline's modules by name: the path relative to its folder, with `/`. */
export interface ModuleGraph {
  /** The main module's name. */
  readonly main: string;
  /** `code` runs; `original` is what the author wrote. Positions are the same in both. */
  readonly sources: ReadonlyMap<string, { readonly code: string; readonly original: string }>;
}

/**
 * Reads the main module and, through relative imports (static, re-exports, and dynamic ones whose specifier is a
 * literal), every file of the pipeline's folder that it needs. A text that the scanner cannot read is left to the
 * engine, which says exactly where the syntax error is.
 * @throws RunError HARN-RUN-011 for an import that is refused, does not exist, or asks for a name that is not
 * exported; HARN-RUN-010 for `std/testing` without its grant; HARN-RUN-012 for a source with a NUL or half a
 * character, or from `strip`; HARN-RUN-015 when the sources are larger than `maxBytes` or the file name is none.
 */
export async function loadModules(options: LoadOptions): Promise<ModuleGraph> {
  const { folder, stdModules, maxBytes } = options;
  const main = mainName(options.filename, folder);
  if (stdModules.has(main)) {
    throw new RunError("HARN-RUN-015", `filename must not be that of the std module "${main}"`);
  }
  const files = folder === null ? null : openFolder(folder);
  const modules = new Map<string, ScannedModule>();
  let left = maxBytes - Buffer.byteLength(options.source);
  if (left < 0) throw tooLarge(maxBytes);

  const first = await readModule(main, options.source, options.strip);
  modules.set(main, first);
  const queue = [first];
  for (let module = queue.shift(); module; module = queue.shift()) {
    for (const found of module.imports) {
      const specifier = judgeForm(module, found);
      if (specifier === undefined) continue;
      if (!isRelative(specifier)) {
        judgeStd(module, found, specifier, options);
        continue;
      }
      const name = judgeRelative(module, found, specifier, files !== null);
      if (modules.has(name) || !files) continue;
      const file = await readFile({ module, found, specifier, name }, files, left, maxBytes);
      left -= file.bytes;
      const imported = await readModule(name, file.text, options.strip);
      modules.set(name, imported);
      queue.push(imported);
    }
  }
  for (const module of modules.values()) judgeNames(module, modules);
  return {
    main,
    sources: new Map([...modules].map(([name, { code, original }]) => [name, { code, original }])),
  };
}

async function readModule(
  name: string,
  original: string,
  strip: LoadOptions["strip"],
): Promise<ScannedModule> {
  // The engine would end the source at a NUL and replace a lone surrogate.
  const odd = original.search(/[\0\p{Cs}]/u);
  if (odd !== -1) {
    throw refused(
      "HARN-RUN-012",
      { name, original },
      odd,
      "this character cannot stand in a source",
      "Remove it.",
    );
  }
  return scanModule(name, await strip(original, name), original);
}

/** An own module that an import asks for and that was not read before. */
interface Wanted {
  readonly module: ScannedModule;
  readonly found: ImportSpecifier;
  readonly specifier: string;
  readonly name: string;
}

/** The module name that a relative specifier means. */
function judgeRelative(
  module: ScannedModule,
  found: ImportSpecifier,
  specifier: string,
  hasFolder: boolean,
): string {
  const refuse = (problem: string, hint: string): RunError =>
    refused("HARN-RUN-011", module, quote(found), `"${shorten(specifier)}" ${problem}`, hint);
  if (!hasFolder) throw refuse("cannot be imported: this script has no folder", "Import std modules only.");
  const name = relativeName(module.name, specifier);
  if (name === null) throw refuse("does not lie in the pipeline's folder", ownFilesOnly);
  return name;
}

const ownFilesOnly = "Import files of the pipeline's own folder only.";

async function readFile(
  { module, found, specifier, name }: Wanted,
  files: ModuleFolder,
  left: number,
  maxBytes: number,
): Promise<{ text: string; bytes: number }> {
  const refuse = (problem: string, hint?: string): RunError =>
    refused("HARN-RUN-011", module, quote(found), `"${shorten(specifier)}" ${problem}`, hint);
  const didYouMean = async (): Promise<string | undefined> => {
    const meant = await files.suggest(name);
    return meant && `Did you mean "${specifier.slice(0, specifier.lastIndexOf("/") + 1)}${meant}"?`;
  };
  if (!moduleEndings.some((ending) => name.endsWith(ending))) {
    throw refuse(
      `does not end in ${moduleEndings.join(", ")}`,
      (await didYouMean()) ?? "Write the file's whole name.",
    );
  }
  const file = await files.read(name, left);
  if (file.ok) return file;
  switch (file.reason) {
    case "missing":
      throw refuse("does not exist", await didYouMean());
    case "outside":
      throw refuse("does not lie in the pipeline's folder", ownFilesOnly);
    case "unreadable":
      throw refuse("cannot be read");
    case "not_utf8":
      throw refuse("is not UTF-8 text");
    case "too_large":
      throw tooLarge(maxBytes, module, quote(found));
  }
}
