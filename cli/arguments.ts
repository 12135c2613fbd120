/**
 * Reads what stands behind the options of `holdfast run`.
 *
 * @module
 */

import { type Limits, limitTable } from "../runtime/sandbox/limits.ts";
import { UsageError } from "./usage-error.ts";

/** Adds comma-separated entries to those of earlier uses of the same option. Throws UsageError for an empty entry. */
export function list(
  option: string,
): (text: string, earlier: readonly string[] | undefined) => readonly string[] {
  return (text, earlier = []) => {
    const entries = text.split(",").map((entry) => entry.trim());
    if (entries.includes("")) throw new UsageError(`${option} has an empty entry; write ${option}=one,two`);
    return [...earlier, ...entries];
  };
}

/** Adds one `name=value` to those of earlier uses. Throws UsageError without a name, or when a name comes twice. */
export function pairs(
  option: string,
): (text: string, earlier: ReadonlyMap<string, string> | undefined) => ReadonlyMap<string, string> {
  return (text, earlier = new Map()) => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`${option} needs name=value`);
    const name = text.slice(0, at);
    if (earlier.has(name)) throw new UsageError(`${option} ${name} is given twice`);
    return new Map([...earlier, [name, text.slice(at + 1)]]);
  };
}

/** The script's `args`: the members of `--args-json`, then each `--arg` as a string. Throws UsageError. */
export function scriptArgs(
  json: string | undefined,
  pairsGiven: ReadonlyMap<string, string>,
): Record<string, unknown> {
  let base: unknown = {};
  if (json !== undefined) {
    try {
      base = JSON.parse(json);
    } catch {
      throw new UsageError("--args-json is not valid JSON");
    }
  }
  if (typeof base !== "object" || base === null || Array.isArray(base)) {
    throw new UsageError("--args-json must be a JSON object");
  }
  return Object.fromEntries([...Object.entries(base), ...pairsGiven]);
}

const units: Readonly<Record<"bytes" | "ms" | "count", Readonly<Record<string, number>>>> = {
  bytes: { "": 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
  ms: { "": 1, ms: 1, s: 1_000, m: 60_000 },
  count: { "": 1 },
};

/** `memory=64MiB`, `wall=30s`, … as numbers: bytes, milliseconds, counts. Throws UsageError. */
export function limits(given: ReadonlyMap<string, string>): Partial<Limits> {
  return Object.fromEntries([...given].map(([name, text]) => [name, limit(name, text)]));
}

function limit(name: string, text: string): number {
  if (!Object.hasOwn(limitTable, name)) {
    throw new UsageError(`there is no limit "${name}"; the limits are ${Object.keys(limitTable).join(", ")}`);
  }
  const table = units[limitTable[name as keyof Limits].unit];
  const [, digits = "", unit = ""] = /^([0-9]+(?:\.[0-9]+)?)([A-Za-z]*)$/.exec(text) ?? [];
  const factor = Object.hasOwn(table, unit) ? table[unit] : undefined;
  if (digits === "" || factor === undefined) {
    const known = Object.keys(table).filter((word) => word !== "");
    const tail = known.length > 0 ? ` followed by ${known.join(", ")}` : "";
    throw new UsageError(`--limit ${name} needs a number${tail}, not "${text}"`);
  }
  return Math.round(Number(digits) * factor);
}
