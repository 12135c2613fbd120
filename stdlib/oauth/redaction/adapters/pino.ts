/**
 * Redaction for pino: the last step before a line goes to its destination.
 *
 * @module
 */

import { OAuthError } from "../../errors.ts";
import { utf8Length } from "../placeholder.ts";
import { tryCanary } from "./canary.ts";
import { type AdapterRedactor, failClosed, type Redacts, unscannable } from "./fail-closed.ts";

/** The part of pino's options that is looked at. */
export interface PinoOptions {
  readonly hooks?:
    | { readonly streamWrite?: ((line: string) => string) | undefined; readonly logMethod?: unknown }
    | undefined;
}

/** What is added to pino's options. */
export interface PinoRedaction {
  readonly hooks: {
    readonly streamWrite: (line: string) => string;
    readonly logMethod: (this: unknown, args: unknown, method: unknown, level: number) => void;
  };
}

/**
 * `options` for `pino(…)`, with redaction as the last step before a line leaves: `pino(pinoRedaction(redactor, { level: "debug" }))`.
 *
 * By then the line holds everything that can be printed: the merged object, bindings of child loggers, mixins, the formatted
 * message, serialized errors with stack and cause, what formatters and an own `hooks.streamWrite` made. It is redacted by
 * member name and by text, and stays one line of JSON of the same shape; numbers and booleans stay as they are. A line with
 * nothing to hide is passed on byte for byte. Of members with the same name a redacted line keeps the last, as every
 * reader of JSON does. A line that is no JSON is redacted as text. When redaction fails, only level and time are left.
 *
 * Destinations, multistreams and transports get the redacted line. A destination that asks pino for its metadata
 * (`Symbol.for("pino.metadata")`) is handed the caller's own object beside the line, and must not print it.
 *
 * Spread the result last, or pass own options as the second argument: an own `hooks` behind it would replace it.
 * A pino before 9.6 does not know the hook: its first log call throws HARN-OAU-011 and writes nothing.
 *
 * @throws OAuthError HARN-OAU-011 when a token that is sent through comes out.
 */
export function pinoRedaction<Options extends PinoOptions>(
  redactor: AdapterRedactor,
  options?: Options,
): Options & PinoRedaction {
  tryCanary(redactor, "pino", (through, secret) =>
    ["", "Bearer ", "https://example.com/?code="]
      .map((before) => JSON.stringify({ level: 30, msg: before + secret, list: [{ text: secret }] }))
      .map((line) => redactedLine(`${line}\n`, failClosed(through)))
      .join(""),
  );
  const redacts = failClosed(redactor);
  const own = options?.hooks?.streamWrite;
  const ownMethod = options?.hooks?.logMethod;
  const streamWrite = (line: string): string => redactedLine(own === undefined ? line : own(line), redacts);
  let known = false;
  function logMethod(this: unknown, args: unknown, method: unknown, level: number): void {
    if (!known) refuseOldPino(this);
    known = true;
    if (typeof ownMethod === "function") Reflect.apply(ownMethod, this, [args, method, level]);
    else Reflect.apply(method as (...args: unknown[]) => void, this, args as unknown[]);
  }
  // A copy of the options, with the hooks in place of own ones, which they call.
  return { ...options, hooks: { ...options?.hooks, streamWrite, logMethod } } as Options & PinoRedaction;
}

/** A pino that does not call `streamWrite` would write everything as it is. */
function refuseOldPino(logger: unknown): void {
  const { version } = logger as { readonly version?: unknown };
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(String(version)) ?? [];
  if (Number(major) > 9 || (major === "9" && Number(minor) >= 6)) return;
  throw new OAuthError(
    "HARN-OAU-011",
    "std/oauth/redaction: pino: refused, because this version has no hook for the finished line",
    "Update pino to 9.6 or newer.",
  );
}

/** Redacts one line of JSON, line break included. */
function redactedLine(line: string, redactor: Redacts): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return redactor.redact(line);
  }
  // pino writes objects only.
  if (!isObject(parsed)) return redactor.redact(line);
  try {
    const copy = redactor.redactValue(parsed);
    if (!isObject(copy)) return shutLine(line, parsed);
    const shown = JSON.stringify(copy) + line.slice(line.trimEnd().length);
    if (shown === line) return line;
    // Nothing is hidden, but parsing lost something: digits of a large number, and then the line itself is better; or a
    // member that another of the same name stands behind, which was not looked at.
    const members = sameMembers(parsed, copy);
    return members !== null && members === memberNames(line) ? line : shown;
  } catch {
    return shutLine(line, parsed);
  }
}

/** The line of which nothing could be scanned, at its level and time. */
function shutLine(line: string, { level, time }: Fields): string {
  const kept = Object.entries({ level, time }).filter(([, value]) => typeof value === "number");
  return `${JSON.stringify({ ...Object.fromEntries(kept), msg: unscannable(utf8Length(line)) })}\n`;
}

/** How many members the two values have, at all depths, or null when they differ. */
function sameMembers(one: unknown, other: unknown): number | null {
  if (!isObject(one)) return one === other ? 0 : null;
  if (!isObject(other) || Array.isArray(one) !== Array.isArray(other)) return null;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return null;
  let count = Array.isArray(one) ? 0 : names.length;
  for (const name of names) {
    if (!Object.hasOwn(other, name)) return null;
    const below = sameMembers(one[name], other[name]);
    if (below === null) return null;
    count += below;
  }
  return count;
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

/** How many members the text of a JSON value has. */
function memberNames(json: string): number {
  let count = 0;
  for (let at = json.indexOf('"'); at !== -1; at = json.indexOf('"', at)) {
    at = stringEnd(json, at + 1);
    while (" \t\r\n".includes(json[at] ?? "x")) at++;
    if (json[at] === ":") count++;
  }
  return count;
}

/** Where a JSON string that begins before `from` is over. */
function stringEnd(json: string, from: number): number {
  for (let at = json.indexOf('"', from); at !== -1; at = json.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (json[at - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
  return json.length;
}
