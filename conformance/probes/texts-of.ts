/**
 * Every text that a value can be made into by what Node offers: printing, inspecting, serialising, cloning, walking.
 *
 * @module
 */

import { inspect } from "node:util";
import { serialize } from "node:v8";

/** The texts; what cannot be cloned or serialised gives none of that kind. */
export function textsOf(value: unknown): readonly string[] {
  const texts = [
    attempt(() => String(value)),
    attempt(() => JSON.stringify(value)),
    inspect(value),
    inspect(value, {
      depth: Number.POSITIVE_INFINITY,
      showHidden: true,
      getters: true,
      maxStringLength: null,
    }),
    attempt(() => inspect(structuredClone(value), { depth: Number.POSITIVE_INFINITY, showHidden: true })),
    attempt(() => serialize(value).toString("latin1")),
    ...walked(value, new Set()),
  ];
  return texts.filter((text) => typeof text === "string");
}

function attempt(make: () => string): string {
  try {
    return make();
  } catch {
    return "";
  }
}

/** Every text that can be reached through own members, also those that are not enumerable, and through prototypes. */
function* walked(value: unknown, seen: Set<unknown>): Iterable<string> {
  if (typeof value === "string") yield value;
  if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Map) yield* walked([...value], seen);
  if (value instanceof Set) yield* walked([...value], seen);
  for (const name of Reflect.ownKeys(value)) {
    yield String(name);
    // Accessors of built-in prototypes throw when they are asked on the prototype.
    yield* walked(member(value, name), seen);
  }
}

function member(owner: object, name: string | symbol): unknown {
  try {
    return Reflect.get(owner, name);
  } catch {
    return undefined;
  }
}
