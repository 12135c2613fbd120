/**
 * The line that the arguments of `console.log` make (Console standard, 2.2).
 *
 * @module
 */

import { inspect, maxLine } from "./inspect.ts";
import { indexOf, NumberFunction, parseFloatOf, parseIntOf, slice, textOf } from "./primordials.ts";

/** One argument for a letter of a format. */
function formatted(letter: string, value: unknown): string | null {
  switch (letter) {
    case "s":
      return typeof value === "string" ? value : inspect(value);
    case "d":
      return typeof value === "bigint"
        ? value + "n"
        : textOf(typeof value === "object" ? NaN : toNumber(value));
    case "i":
      return typeof value === "object" || typeof value === "symbol"
        ? "NaN"
        : textOf(parseIntOf(textOf(value), 10));
    case "f":
      return typeof value === "symbol"
        ? "NaN"
        : textOf(parseFloatOf(typeof value === "object" ? "" : textOf(value)));
    case "j":
    case "o":
    case "O":
      return inspect(value);
    case "c":
      return "";
    default:
      return null;
  }
}

function toNumber(value: unknown): number {
  return typeof value === "symbol" || typeof value === "function" ? NaN : NumberFunction(value);
}

/** The line for the arguments of `console.log`: the format's letters first, then the rest side by side. */
export function line(args: readonly unknown[]): string {
  let out = "";
  let used = 0;
  const pattern = args[0];
  if (typeof pattern === "string" && args.length > 1) {
    used = 1;
    let from = 0;
    for (
      let at = indexOf(pattern, "%");
      at !== -1 && at + 1 < pattern.length;
      at = indexOf(pattern, "%", at + 2)
    ) {
      const letter = pattern[at + 1] as string;
      const text = letter === "%" ? "%" : used < args.length ? formatted(letter, args[used]) : null;
      if (text === null) continue;
      if (letter !== "%") used += 1;
      out += slice(pattern, from, at) + text;
      from = at + 2;
    }
    out += slice(pattern, from);
  }
  for (let i = used; i < args.length; i++) {
    const value = args[i];
    out += (i === 0 ? "" : " ") + (typeof value === "string" ? value : inspect(value));
  }
  const over = out.length - maxLine;
  return over > 0 ? slice(out, 0, maxLine) + "… " + over + " more characters" : out;
}
