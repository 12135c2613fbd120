/**
 * Reading the event log from a cursor on.
 *
 * @module
 */

import type { LogEvent } from "../ports.ts";
import type { EventRing } from "./event-ring.ts";

/**
 * Walks the events of a ring that fit, from an id on. With `end` it stops after that id; without, it waits for more.
 * `wait` parks a callback until something was appended and returns how to take it back, or null when nothing more comes.
 */
export function walkEvents(
  ring: EventRing,
  fits: (event: LogEvent) => boolean,
  from: number,
  end: number | null,
  wait: (resume: () => void) => (() => void) | null,
): AsyncIterableIterator<LogEvent> {
  let cursor = from;
  let over = false;
  const parked = new Set<() => void>();

  function found(): LogEvent | undefined {
    cursor = Math.max(cursor, ring.first);
    while (cursor <= (end ?? ring.last)) {
      const event = ring.at(cursor);
      cursor += 1;
      if (event && fits(event)) return event;
    }
    return undefined;
  }

  async function next(): Promise<IteratorResult<LogEvent>> {
    for (;;) {
      const event = over ? undefined : found();
      if (event) return { done: false, value: event };
      if (over || end !== null) break;
      const more = await new Promise<boolean>((resolve) => {
        const resume = () => {
          parked.delete(release);
          resolve(true);
        };
        const unpark = wait(resume);
        const release = () => {
          unpark?.();
          resolve(false);
        };
        if (unpark === null) resolve(false);
        else parked.add(release);
      });
      if (!more) break;
    }
    over = true;
    return { done: true, value: undefined };
  }

  return {
    next,
    async return() {
      over = true;
      for (const release of parked) release();
      parked.clear();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
