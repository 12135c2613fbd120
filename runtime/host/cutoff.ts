/**
 * When a request must end: its time limit, its signal, or the close of the egress.
 *
 * @module
 */

import { longestTimerMs } from "./clock.ts";

export type CutoffKind = "timeout" | "cancelled";

export interface Cutoff {
  /** Why the request was ended, or null while it goes on. */
  readonly kind: CutoffKind | null;
  /** Calls `fn` once when the request must end; at once if it must already. */
  onCut(fn: (kind: CutoffKind) => void): void;
  /** The work's outcome, or a rejection made by `failure` when the request must end first. */
  race<T>(work: Promise<T>, failure: (kind: CutoffKind) => Error): Promise<T>;
  cut(kind: CutoffKind): void;
  /** The request is on its way: `untilSent` ends it no longer. */
  sent(): void;
  /** Ends the timer; nothing is cut afterwards. */
  clear(): void;
}

/**
 * Starts a time limit of `ms`. `signal` ends the request at any time, `untilSent` only before {@link Cutoff.sent}. After a freeze of the process (a suspended machine) Node runs timers before it reads
 * sockets, so the cut waits for one more turn of the event loop: an answer that has already arrived is read first.
 */
export function startCutoff(
  ms: number,
  signal: AbortSignal | undefined,
  untilSent: AbortSignal | undefined,
): Cutoff {
  const listeners = new Set<(kind: CutoffKind) => void>();
  let kind: CutoffKind | null = null;
  let over = false;
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(
    () => {
      immediate = setImmediate(() => cut("timeout"));
    },
    Math.min(Math.ceil(ms), longestTimerMs),
  );
  const onAbort = () => cut("cancelled");
  const onAbortUnsent = () => cut("cancelled");
  const sent = () => untilSent?.removeEventListener("abort", onAbortUnsent);
  const clear = () => {
    over = true;
    clearTimeout(timer);
    clearImmediate(immediate);
    signal?.removeEventListener("abort", onAbort);
    sent();
    listeners.clear();
  };
  const cut = (why: CutoffKind) => {
    if (over) return;
    kind = why;
    const waiting = [...listeners];
    clear();
    for (const listener of waiting) listener(why);
  };
  const onCut = (fn: (why: CutoffKind) => void) => {
    if (kind !== null) fn(kind);
    else if (!over) listeners.add(fn);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  untilSent?.addEventListener("abort", onAbortUnsent, { once: true });
  if (signal?.aborted || untilSent?.aborted) cut("cancelled");
  return {
    get kind() {
      return kind;
    },
    onCut,
    race: (work, failure) =>
      new Promise((resolve, reject) => {
        onCut((why) => reject(failure(why)));
        work.then(resolve, reject);
      }),
    cut,
    sent,
    clear,
  };
}
