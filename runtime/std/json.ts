/**
 * `std/json`: JSON text and values.
 *
 * @module
 */

import { plain } from "../plugin.ts";
import type { Json } from "../ports.ts";
import { integerWithin, invalid, json, maxDepth, text } from "./arguments.ts";

/** What a script imports from `std/json`. */
export type JsonModule = {
  /**
   * The value of a JSON text. `__proto__` is a member like any other; of a repeated member the last counts.
   * @throws HARN-RUN-015 when the text is not JSON, or nested deeper than 100 levels
   */
  readonly json_parse: (text: string) => Json;
  /**
   * The JSON text of a value, indented by `indent` spaces (0–10). Functions, bytes and host objects are refused.
   * @throws HARN-RUN-015
   */
  readonly json_stringify: (value: unknown, indent?: number) => string;
};

/** Makes `std/json`. */
export function jsonModule(): JsonModule {
  return {
    json_parse: plain((source: unknown) => {
      const value = parse(text("std/json: json_parse", "text", source));
      if (!within(value, maxDepth)) {
        throw invalid("std/json: json_parse", `text is nested deeper than ${maxDepth} levels`);
      }
      return value;
    }),
    json_stringify: plain((value: unknown, indent?: unknown) => {
      const place = "std/json: json_stringify";
      const spaces =
        indent === undefined || indent === null ? 0 : integerWithin(place, "indent", indent, 0, 10);
      return JSON.stringify(json(place, "value", value), null, spaces) ?? "null";
    }),
  };
}

function parse(source: string): Json {
  try {
    return JSON.parse(source) as Json;
  } catch (error) {
    const [, position] = /at position (\d+)/.exec(String(error)) ?? [];
    throw invalid(
      "std/json: json_parse",
      `text is not JSON${position === undefined ? "" : place(source, Number(position))}`,
    );
  }
}

function place(source: string, position: number): string {
  const before = source.slice(0, position).split("\n");
  return ` (line ${before.length}, column ${(before.at(-1) ?? "").length + 1})`;
}

function within(value: Json, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((member: Json) => within(member, depth - 1));
}
