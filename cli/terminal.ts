/**
 * What the command writes, and where: the result to standard output, all else to standard error.
 *
 * @module
 */

import { styleText } from "node:util";
import { safeText } from "../runtime/sandbox/display-text.ts";

type Style = Parameters<typeof styleText>[0];

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields?: unknown;
}

const levelStyles: Readonly<Record<string, Style>> = {
  debug: "dim",
  info: "cyan",
  warn: "yellow",
  error: "red",
};

/** Colours only for a person: a terminal, and no `NO_COLOR` (https://no-color.org). */
export function coloursWanted(): boolean {
  return process.stderr.isTTY && (process.env["NO_COLOR"] ?? "") === "";
}

function styled(style: Style, words: string): string {
  return coloursWanted() ? styleText(style, words) : words;
}

/** One line of a script's log. What a script writes cannot steer the terminal. */
export function showLog(line: LogLine): void {
  const fields = line.fields === undefined ? "" : ` ${safeJson(line.fields)}`;
  note(
    `${styled(levelStyles[line.level] ?? "dim", line.level.padEnd(5))} ${safeText(line.message, true)}${fields}`,
  );
}

/**
 * JSON without characters that a terminal acts on: what JSON.stringify leaves raw (C1 controls, bidi overrides) is
 * escaped too, so the value stays the same.
 */
export function safeJson(value: unknown, indent = 0): string | undefined {
  return JSON.stringify(value, null, indent)?.replace(steering, (character) =>
    Array.from({ length: character.length }, (_, at) => jsonEscape(character.charCodeAt(at))).join(""),
  );
}

/** Joiners stay: some scripts and emoji are spelt with them. */
const steering = /(?![\u200c\u200d])[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu;

function jsonEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}

/** A warning of the runtime. */
export function showWarning(words: string): void {
  note(`${styled("yellow", "warn ")} ${safeText(words, true)}`);
}

/** A line for the person, on standard error. */
export function note(words: string): void {
  process.stderr.write(`${words}\n`);
}

/** Writes to standard output and waits until it is written, or the reader has gone. */
export function print(words: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(words.endsWith("\n") ? words : `${words}\n`, () => resolve());
  });
}

/** Errors of standard output that their writer has been told of. */
const told = new WeakSet<Error>();

/**
 * Writes bytes to standard output and waits until the reader has room for more. Answers false when the reader has gone, and rejects when
 * it cannot be written for another reason.
 */
export function printBytes(bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error?: NodeJS.ErrnoException | null) => {
      if (error == null) return resolve(true);
      if (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") return resolve(false);
      told.add(error);
      reject(error);
    });
  });
}

/** A reader that goes away (`| head`) is no failure: what it did not want is not written. */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && !told.has(error)) throw error;
    });
  }
}
