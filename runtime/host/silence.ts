/**
 * When an answer has been silent for too long: before its first byte, and between two pieces.
 *
 * @module
 */

import type { EgressLimits } from "./egress-limits.ts";
import type { HttpFailureReason } from "./http-failure.ts";

export interface Silence {
  /** Bytes arrived. */
  heard(): void;
  /** Ends the timer; nothing is reported afterwards. */
  end(): void;
}

/**
 * Starts to listen when a request has been handed to its connection. A request that the system has not yet taken whole is
 * not waited for: its time begins anew. As in the cutoff, what has arrived is read before silence is reported.
 */
export function watchSilence(
  { firstByteMs, idleMs }: Pick<EgressLimits, "firstByteMs" | "idleMs">,
  isWriting: () => boolean,
  report: (reason: HttpFailureReason) => void,
): Silence {
  let hasBegun = false;
  let lastHeard = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;

  function wait(ms: number): void {
    timer = setTimeout(() => {
      immediate = setImmediate(judge);
    }, Math.ceil(ms));
  }

  function judge(): void {
    if (!hasBegun && isWriting()) lastHeard = performance.now();
    const left = lastHeard + (hasBegun ? idleMs : firstByteMs) - performance.now();
    if (left > 0) wait(left);
    else report(hasBegun ? "fell_silent" : "first_byte_slow");
  }

  function end(): void {
    clearTimeout(timer);
    clearImmediate(immediate);
  }

  wait(firstByteMs);
  return {
    heard() {
      lastHeard = performance.now();
      if (hasBegun) return;
      hasBegun = true;
      end();
      wait(idleMs);
    },
    end,
  };
}
