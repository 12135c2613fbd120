/**
 * Compiles scripts as an editor does after `holdfast types`: with its files, its settings, and nothing else.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import ts from "typescript";
import { suggestedConfig } from "../../cli/types.ts";
import { guestTypes } from "./guest-types.ts";

export const root: string = fileURLToPath(new URL("../../..", import.meta.url));

/** What the build writes into dist/types. */
export const declarations: ReadonlyMap<string, string> = guestTypes(root);

const folder = "/scripts";
const library = new Map<string, ts.SourceFile | undefined>();

/** A program of scripts by name, with their text. */
export function program(scripts: ReadonlyMap<string, string>, more: ts.CompilerOptions = {}): ts.Program {
  const { options, errors } = ts.convertCompilerOptionsFromJson(suggestedConfig.compilerOptions, folder);
  if (errors.length > 0) throw new Error(errors.map(lineOf).join("\n"));
  const files = new Map([...declarations, ...scripts].map(([name, text]) => [`${folder}/${name}`, text]));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, readFile } = host;
  host.fileExists = (path) => files.has(path);
  host.directoryExists = (path) => path === folder;
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.getSourceFile = (path, version, ...rest) => {
    const text = files.get(path);
    if (text !== undefined) return ts.createSourceFile(path, text, version);
    // The language's own declarations take longer to read than everything else.
    if (!library.has(path)) library.set(path, getSourceFile(path, version, ...rest));
    return library.get(path);
  };
  return ts.createProgram([...files.keys()], { ...options, ...more }, host);
}

/** What the compiler says about the scripts, as `name(line): what stands there: message`. */
export function problems(scripts: ReadonlyMap<string, string>, more?: ts.CompilerOptions): readonly string[] {
  return ts.getPreEmitDiagnostics(program(scripts, more)).map(lineOf);
}

function lineOf({ file, start = 0, length = 0, messageText }: ts.Diagnostic): string {
  const message = ts.flattenDiagnosticMessageText(messageText, " ");
  if (file === undefined) return message;
  const line = file.getLineAndCharacterOfPosition(start).line + 1;
  const name = file.fileName.slice(folder.length + 1);
  return `${name}(${line}): ${file.text.slice(start, start + length)}: ${message}`;
}
