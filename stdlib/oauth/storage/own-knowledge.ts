/**
 * Which entries a run filled with values of its own. What a script brought raw it knows, so nothing is lost when it aims
 * it; what another run or the embedder stored raw it does not know.
 *
 * @module
 */

import type { Ports } from "../../../runtime/ports.ts";
import type { Entry } from "./entry.ts";

/** Generations, by run. */
const brought = new WeakMap<Ports["run"], Set<string>>();

/** Notes that this run brought the values of a generation. */
export function bringsIn({ run }: Pick<Ports, "run">, generation: string): void {
  const known = brought.get(run) ?? new Set();
  brought.set(run, known.add(generation));
}

/** True when this run brought the entry's values itself. Plain Node code chooses its stores itself, and is asked no further. */
export function isOwn({ run }: Pick<Ports, "run">, { generation }: Pick<Entry, "generation">): boolean {
  return run.trusted ? generation !== "" : (brought.get(run)?.has(generation) ?? false);
}
