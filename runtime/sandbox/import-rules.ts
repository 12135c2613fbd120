/**
 * Judges the imports of a module that was scanned.
 *
 * @module
 */

// The build without WebAssembly, because that one evaluates the specifiers that it finds.
import { type ImportSpecifier, type ImportType, parse } from "es-module-lexer/js";
import { RunError, type RunErrorCode } from "../host/run-error.ts";
import { importedNames } from "./import-clause.ts";
import { capabilityOf, isRelative, relativeName } from "./module-name.ts";
import { nearest } from "../nearest.ts";
import { locationAt, sourceFrame } from "./source-frame.ts";

/** A module that was read. Positions are the same in `code` (which runs) and `original` (what the author wrote). */
export interface ScannedModule {
  readonly name: string;
  readonly code: string;
  readonly original: string;
  /** Empty when the code could not be scanned. */
  readonly imports: readonly ImportSpecifier[];
  /** Null when only the engine can know them. */
  readonly exports: ReadonlySet<string> | null;
}

/** What imports are judged by. */
export interface ImportGrants {
  /** The std modules: specifier to the names that it exports. */
  readonly stdModules: ReadonlyMap<string, readonly string[]>;
  /** True when `std/testing` may be imported. */
  readonly testing: boolean;
  /** True when this capability may be used; without it their modules are judged at the call only. */
  readonly capability?: (name: string) => boolean;
  /** The pipeline's folder; null refuses every relative import. */
  readonly folder: string | null;
}

/** Kinds of imports; this build has the type of the enum but not its values. */
const staticImport = 1 as ImportType;
const dynamicImport = 2 as ImportType;
const importMeta = 3 as ImportType;

/** Finds imports and exports. A code that the scanner cannot read has none: the engine says where its error is. */
export function scanModule(name: string, code: string, original: string): ScannedModule {
  try {
    const [imports, exports] = parse(code);
    const known = !exportsEscape(code, imports);
    return { name, code, original, imports, exports: known ? new Set(exports.map(({ n }) => n)) : null };
  } catch {
    return { name, code, original, imports: [], exports: null };
  }
}

/** True when the scanner may have missed an export: `export *`, a declaration that goes on after a line break, escapes. */
function exportsEscape(code: string, imports: readonly ImportSpecifier[]): boolean {
  return (
    imports.some(({ ss, s }) => /^export\b[^{"']*\*(?!\s*as\b)/.test(code.slice(ss, s))) ||
    /[\n\r\u2028\u2029/]\s*,/.test(code) ||
    code.includes("\\u")
  );
}

/**
 * The specifier of an import whose form is allowed; undefined when only the engine can know it.
 * @throws RunError HARN-RUN-011 for import attributes, `import source` and `import defer`.
 */
export function judgeForm(module: ScannedModule, found: ImportSpecifier): string | undefined {
  if (found.t === importMeta) return undefined;
  if (found.t !== staticImport && found.t !== dynamicImport) {
    throw refused(
      "HARN-RUN-011",
      module,
      found.ss,
      "this kind of import is not supported",
      "Write a plain import.",
    );
  }
  const attributes =
    found.a === -1 ? "" : module.code.slice(found.a, found.t === staticImport ? found.se : found.se - 1);
  if (attributes.trim() !== "") {
    throw refused("HARN-RUN-011", module, found.a, "import attributes are not supported", "Leave them out.");
  }
  return found.n;
}

/**
 * Judges an import that is not relative.
 * @throws RunError HARN-RUN-011 when there is no such std module or it does not export a name; HARN-RUN-010 for
 * `std/testing` or the module of a capability without its grant.
 */
export function judgeStd(
  module: ScannedModule,
  found: ImportSpecifier,
  specifier: string,
  { stdModules, testing, capability, folder }: ImportGrants,
): void {
  const at = quote(found);
  if (specifier === "std/testing" && !testing) {
    throw refused("HARN-RUN-010", module, at, "the script may not import std/testing", "Add --testing");
  }
  const exported = stdModules.get(specifier);
  if (!exported) {
    const names = [...stdModules.keys()];
    const meant = nearest(specifier, names) ?? nearest(`std/${specifier}`, names);
    const own = folder === null ? "" : " and files of the pipeline's own folder, such as ./lib.ts";
    throw refused(
      "HARN-RUN-011",
      module,
      at,
      problemOf(specifier),
      meant ? `Did you mean "${meant}"?` : `A script can import ${names.join(", ")}${own}.`,
    );
  }
  const name = capabilityOf(specifier);
  if (name !== null && capability?.(name) === false) {
    const problem = `the script may not use the capability ${name}`;
    throw refused("HARN-RUN-010", module, at, problem, `Add --allow-capability=${name}`);
  }
  judgeExports(module, found, specifier, new Set(exported));
}

/** What is wrong with a specifier that is neither relative nor a std module. */
function problemOf(specifier: string): string {
  const shown = `"${shorten(specifier)}"`;
  if (specifier.startsWith("std/")) return `there is no module ${shown}`;
  if (specifier.startsWith("node:")) return `${shown} cannot be imported: a script has no Node modules`;
  if (/^[/\\]|^file:/i.test(specifier)) return `${shown} cannot be imported: only relative paths are read`;
  if (/^[a-z][a-z0-9+.-]*:\/\/|^data:|^blob:/i.test(specifier)) {
    return `${shown} cannot be imported: nothing is loaded from a URL`;
  }
  return `${shown} cannot be imported: a script has no packages`;
}

/**
 * Judges the names that a module asks of the pipeline's own modules: the engine would refuse them without a place.
 * @throws RunError HARN-RUN-011 when a name is not exported.
 */
export function judgeNames(module: ScannedModule, modules: ReadonlyMap<string, ScannedModule>): void {
  for (const found of module.imports) {
    if (found.n === undefined || !isRelative(found.n)) continue;
    const target = modules.get(relativeName(module.name, found.n) ?? "");
    if (target?.exports) judgeExports(module, found, found.n, target.exports);
  }
}

function judgeExports(
  module: ScannedModule,
  found: ImportSpecifier,
  specifier: string,
  exported: ReadonlySet<string>,
): void {
  if (found.t !== staticImport) return;
  const asked = importedNames(module.code.slice(found.ss, found.s - 1)) ?? [];
  for (const { name, offset } of asked) {
    if (exported.has(name)) continue;
    const names = [...exported];
    const list = names.length > 12 ? `${names.slice(0, 12).join(", ")}, …` : names.join(", ");
    const meant = nearest(name, names);
    const asType = /\.m?ts$/.test(module.name) && /^[A-Z]/.test(name);
    throw refused(
      "HARN-RUN-011",
      module,
      found.ss + offset,
      name === "default"
        ? `"${specifier}" has no default export`
        : `"${specifier}" does not export ${shorten(name)}`,
      meant
        ? `Did you mean ${meant}?`
        : asType
          ? `If ${name} is a type, write import type.`
          : names.length > 0
            ? `It exports ${list}.`
            : "It exports nothing.",
    );
  }
}

/** Where the specifier's opening quote stands. */
export function quote(found: ImportSpecifier): number {
  return found.t === staticImport ? found.s - 1 : found.s;
}

/** A text of the script for a message, at most 100 characters. */
export function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** The error for sources over their limit. */
export function tooLarge(maxBytes: number, module?: ScannedModule, offset = 0): RunError {
  const message = `the pipeline's sources are larger than ${maxBytes} bytes`;
  const hint = "Make them smaller, or raise the limit source.";
  if (!module) return new RunError("HARN-RUN-015", message, { hint });
  return refused("HARN-RUN-015", module, offset, message, hint);
}

/** An error at a place of a module. */
export function refused(
  code: RunErrorCode,
  module: Pick<ScannedModule, "name" | "original">,
  offset: number,
  message: string,
  hint?: string,
): RunError {
  const location = locationAt(module.original, module.name, offset);
  return new RunError(code, message, { hint, location, frame: sourceFrame(module.original, location) });
}
