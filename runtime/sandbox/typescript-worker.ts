/**
 * The thread that removes types. Its parser breaks for good when a source is nested too deeply, so it lives apart
 * from everything else and is thrown away then.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { transformSync } from "@swc/wasm-typescript";

/** A source to strip. */
export interface StripJob {
  readonly source: string;
}

/** What became of it. After `broken` the thread is not to be used again. */
export type StripAnswer =
  | { readonly type: "stripped"; readonly code: string }
  | {
      readonly type: "refused";
      /** What the parser said; `unsupported` is TypeScript that needs compiling. */
      readonly kind: "syntax" | "unsupported";
      readonly message: string;
      /** From 1. */
      readonly line: number;
      /** UTF-16 units from 0. */
      readonly offset: number;
    }
  | { readonly type: "broken" };

const byteOrderMark = "\ufeff";

/** What the parser throws: a plain object. Columns are display cells from 0. */
interface ParserError {
  readonly code: "InvalidSyntax" | "UnsupportedSyntax";
  readonly message: string;
  readonly startLine: number;
  readonly startColumn: number;
}

function strip(source: string): StripAnswer {
  try {
    return { type: "stripped", code: removeTypes(source) };
  } catch (error) {
    if (!isParserError(error)) return { type: "broken" };
    const exact = exactPlace(source, error);
    return exact === null
      ? { type: "broken" }
      : {
          type: "refused",
          kind: error.code === "UnsupportedSyntax" ? "unsupported" : "syntax",
          message: error.message,
          ...exact,
        };
  }
}

function removeTypes(source: string): string {
  const { code } = transformSync(source, {
    mode: "strip-only",
    module: true,
    sourceMap: false,
    deprecatedTsModuleAsError: true,
  });
  // The parser drops a byte order mark, which would move the first line.
  return source.startsWith(byteOrderMark) ? byteOrderMark + code : code;
}

/**
 * The place of an error in UTF-16 units. The parser counts cells (a tab is four, some characters are two) and takes
 * a lone carriage return for a line end, so the source is read once more with one plain character in place of each
 * odd one. When that ends differently, the first answer has to do.
 */
function exactPlace(source: string, error: ParserError): { line: number; offset: number } | null {
  // The byte order mark is no character of the first line for the parser.
  const marks = error.startLine === 1 && source.startsWith(byteOrderMark) ? 1 : 0;
  const first = { line: error.startLine, offset: error.startColumn + marks };
  const plain = source
    .replace(/^\ufeff/, "")
    .replace(/\r(?!\n)|[^\S\n\r]|\p{Cc}(?<![\n\r])/gu, " ")
    .replace(/[^\x20-\x7e\n\r]/g, "_");
  if (plain === source) return first;
  try {
    removeTypes(plain);
  } catch (again) {
    if (!isParserError(again)) return null;
    const inFirstLine = again.startLine === 1 && source.startsWith(byteOrderMark) ? 1 : 0;
    if (again.code === error.code) return { line: again.startLine, offset: again.startColumn + inFirstLine };
  }
  return first;
}

function isParserError(error: unknown): error is ParserError {
  if (typeof error !== "object" || error === null) return false;
  const { code, message, startLine, startColumn } = error as Partial<Record<keyof ParserError, unknown>>;
  return (
    (code === "InvalidSyntax" || code === "UnsupportedSyntax") &&
    typeof message === "string" &&
    typeof startLine === "number" &&
    typeof startColumn === "number"
  );
}

parentPort?.on("message", ({ source }: StripJob) =>
  parentPort?.postMessage(strip(source) satisfies StripAnswer),
);
