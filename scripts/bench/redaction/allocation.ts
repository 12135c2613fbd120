/**
 * How much memory a call allocates.
 *
 * @module
 */

import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const calls = 1_000_000;
/** Short enough that most slices end before memory is collected. */
const slice = 1_000;

setFlagsFromString("--expose-gc");
/** Collects what is no longer needed. */
export const collect: () => void = runInNewContext("gc") as () => void;

/**
 * Bytes of heap for each call: the growth over 1,000,000 calls in slices, less what the measuring itself takes. Slices in which memory
 * was collected are left out.
 */
export function bytesPerCall(texts: readonly string[], call: (text: string) => unknown): number {
  for (let done = 0; done < slice * 20; done++) call(texts[done % texts.length] ?? "");
  collect();
  const own = growth(texts, () => {});
  return Math.max(0, growth(texts, call) - own);
}

function growth(texts: readonly string[], call: (text: string) => unknown): number {
  let grown = 0;
  let counted = 0;
  for (let done = 0; done < calls; done += slice) {
    const before = getHeapStatistics().used_heap_size;
    for (let i = 0; i < slice; i++) call(texts[(done + i) % texts.length] ?? "");
    const grew = getHeapStatistics().used_heap_size - before;
    if (grew < 0) continue;
    grown += grew;
    counted += slice;
  }
  return counted === 0 ? Number.NaN : grown / counted;
}
