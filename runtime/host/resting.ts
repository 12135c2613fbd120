/**
 * Connections that were used a moment ago, by destination: they may be used once more within a short time, and are ended after it.
 *
 * @module
 */

import type { Clock } from "../ports.ts";

/** Connections at rest. */
export interface Resting<T> {
  /** The one that came last, or null. It rests no longer. */
  take(destination: string): T | null;
  /** Begins its rest. */
  add(destination: string, connection: T): void;
  /** Ends all of them. */
  close(): void;
}

interface Rest<T> {
  readonly connection: T;
  readonly now: number;
  readonly monotonic: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * None yet. A rest is over after `longestMs` on either clock: a process that was stopped, and a machine that slept, wake up with
 * connections that the other side may have closed long ago.
 */
export function createResting<T>(
  longestMs: number,
  end: (connection: T) => void,
  clock: Pick<Clock, "now" | "monotonic">,
): Resting<T> {
  const rests = new Map<string, Rest<T>[]>();

  function isOver({ now, monotonic }: Rest<T>): boolean {
    const age = clock.now() - now;
    return age < 0 || age >= longestMs || clock.monotonic() - monotonic >= longestMs;
  }

  function remove(destination: string, rest: Rest<T>): void {
    clearTimeout(rest.timer);
    const left = rests.get(destination)?.filter((other) => other !== rest) ?? [];
    if (left.length === 0) rests.delete(destination);
    else rests.set(destination, left);
  }

  return {
    take(destination) {
      for (;;) {
        const last = rests.get(destination)?.at(-1);
        if (last === undefined) return null;
        remove(destination, last);
        if (!isOver(last)) return last.connection;
        end(last.connection);
      }
    },
    add(destination, connection) {
      const timer = setTimeout(() => {
        remove(destination, rest);
        end(connection);
      }, longestMs);
      timer.unref();
      const rest = { connection, now: clock.now(), monotonic: clock.monotonic(), timer };
      rests.set(destination, [...(rests.get(destination) ?? []), rest]);
    },
    close() {
      for (const { connection, timer } of [...rests.values()].flat()) {
        clearTimeout(timer);
        end(connection);
      }
      rests.clear();
    },
  };
}
