/**
 * What a script's author sees of an error: the place in their own source, three lines of it, and what to do.
 *
 * @module
 */

import type { SourceLocation } from "../host/run-error.ts";
import { safeText } from "./display-text.ts";

export { locationAt, sourceFrame } from "./source-frame.ts";

/** One line of a guest's stack. Line and column count from 1; columns in characters. */
export interface GuestStackFrame {
  /** Null for an anonymous function and for the top of a module. */
  readonly fn: string | null;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** An error as it is shown. Runtime errors and the errors of std modules have these members. */
export interface ShownError {
  /** Null or absent for an error that the script made itself. */
  readonly code?: string | null | undefined;
  readonly name?: string | undefined;
  readonly message: string;
  readonly location?: SourceLocation | undefined;
  readonly frame?: string | undefined;
  readonly hint?: string | undefined;
  /** The errors behind it. */
  readonly causes?: readonly Omit<ShownError, "frame" | "hint" | "causes">[] | undefined;
}

/** The members of {@link ShownError} as a plain JSON object; what is absent is left out. */
export interface ErrorJson {
  code: string | null;
  name?: string;
  message: string;
  location?: { file: string; line: number; column: number };
  frame?: string;
  hint?: string;
  causes?: Omit<ErrorJson, "frame" | "hint" | "causes">[];
}

/** The guest writes its stack itself, so it is read only this far. */
const longestStack = 10_000;
const mostFrames = 50;

/** Messages, names and hints are cut after this many characters. */
const longestText = 4_000;

/**
 * Reads the engine's stack text: lines `at fn (file:line:column)` or `at file:line:column`, the column optional.
 * Other lines (native frames, a message) are left out. Reads 10,000 characters and 50 frames at most.
 */
export function parseStack(stack: string): GuestStackFrame[] {
  const frames: GuestStackFrame[] = [];
  const lines = stack.slice(0, longestStack).split("\n");
  // Half a line would give a wrong place.
  if (stack.length > longestStack) lines.pop();
  for (const line of lines) {
    if (frames.length === mostFrames) break;
    const frame = parseFrame(line.trim());
    if (frame) frames.push(frame);
  }
  return frames;
}

/** The place of the first frame that lies in a file of the user, if any. */
export function locate(stack: string, isUserFile: (file: string) => boolean): SourceLocation | undefined {
  const frame = parseStack(stack).find((one) => isUserFile(one.file));
  return frame && { file: frame.file, line: frame.line, column: frame.column };
}

function parseFrame(line: string): GuestStackFrame | null {
  if (!line.startsWith("at ")) return null;
  const rest = line.slice(3).trim();
  // File names hold parentheses ("pipeline (1).ts") more often than function names do.
  const open = rest.endsWith(")") ? rest.indexOf("(") : -1;
  const place = open === -1 ? rest : rest.slice(open + 1, -1);
  const match = /:(\d{1,9})(?::(\d{1,9}))?$/.exec(place);
  if (!match || match.index === 0) return null;
  const name = open === -1 ? "" : rest.slice(0, open).trim();
  return {
    fn: name === "" || name === "<anonymous>" || name === "<eval>" ? null : name,
    file: place.slice(0, match.index),
    line: Number(match[1]),
    column: Number(match[2] ?? 1),
  };
}

/**
 * The text that an author sees: code and message, place, source lines, causes, hint. Terminal control characters in any
 * part are shown as escapes; with `colour` the parts are coloured (ANSI).
 */
export function formatError(error: ShownError, options: { colour?: boolean } = {}): string {
  const paint = (style: number, text: string): string =>
    options.colour ? `\u001b[${style}m${text}\u001b[0m` : text;
  const { code, name, message, location, frame, hint, causes = [] } = errorJson(error);
  const oneLine = (text: string): string => safeText(text);
  const head = (one: Pick<ErrorJson, "code" | "name" | "message">): string =>
    `${paint(31, oneLine(one.code ?? one.name ?? "Error"))}${one.message === "" ? "" : `: ${oneLine(one.message)}`}`;
  const lines = [head({ code, ...(name ? { name } : {}), message })];
  if (location) lines.push(`  ${paint(36, `${oneLine(location.file)}:${location.line}:${location.column}`)}`);
  for (const line of frame?.split("\n") ?? []) {
    lines.push(/^\s*\|\s*\^$/.test(line) ? line.replace("^", paint(31, "^")) : line);
  }
  for (const cause of causes) {
    const { location: place } = cause;
    const at = place ? ` (${oneLine(place.file)}:${place.line}:${place.column})` : "";
    lines.push(`  Caused by ${head(cause)}${at}`);
  }
  if (hint) lines.push(`  ${oneLine(hint)}`);
  return lines.join("\n");
}

/** The same members as a plain object for JSON; control characters other than tab and line feed are shown as escapes. */
export function errorJson(error: ShownError): ErrorJson {
  const { location, causes = [] } = error;
  return {
    code: error.code ? clean(error.code) : null,
    ...(error.name ? { name: clean(error.name) } : {}),
    message: clean(error.message),
    ...(location
      ? { location: { file: clean(location.file), line: location.line, column: location.column } }
      : {}),
    ...(error.frame ? { frame: clean(error.frame) } : {}),
    ...(error.hint ? { hint: clean(error.hint) } : {}),
    ...(causes.length > 0 ? { causes: causes.map((cause) => errorJson(cause)) } : {}),
  };
}

function clean(text: string): string {
  return safeText(text.length > longestText ? `${text.slice(0, longestText)}…` : text, true);
}
