/**
 * How far a pattern is to be trusted, by the name in its placeholder.
 *
 * @module
 */

import { tokenFamilies } from "../../../stdlib/oauth/redaction/catalogue/index.ts";

/**
 * `strong`: every shape is found inside words too. `weak`: some are guarded. Special forms and guesses have their own, and what is
 * found by the name of a field is `by name`.
 */
export type FamilyClass = "strong" | "weak" | "JWT or key block" | "heuristic" | "by name";

const classes = new Map<string, FamilyClass>(
  tokenFamilies.map(({ name, shapes, special, confidence }) => {
    if (confidence === "heuristic") return [name, "heuristic"];
    if (special !== undefined) return [name, "JWT or key block"];
    return [name, shapes.every(({ guard }) => guard === "none") ? "strong" : "weak"];
  }),
);

/** The class of a pattern. */
export function classOf(name: string): FamilyClass {
  return classes.get(name) ?? "by name";
}

/** Counts by pattern: the strong ones, and all in words. */
export function summary(counts: ReadonlyMap<string, number>): {
  readonly strong: number;
  readonly words: string;
} {
  const byClass = new Map<FamilyClass, { total: number; names: string[] }>();
  for (const [name, count] of [...counts].toSorted(([, a], [, b]) => b - a)) {
    const entry = byClass.get(classOf(name)) ?? { total: 0, names: [] };
    byClass.set(classOf(name), entry);
    entry.total += count;
    entry.names.push(`${name} ${count}`);
  }
  const words = [...byClass].map(([name, { total, names }]) => `${name} ${total} (${names.join(", ")})`);
  return { strong: byClass.get("strong")?.total ?? 0, words: words.join("; ") || "none" };
}
