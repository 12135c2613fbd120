/**
 * The newest events, in memory.
 *
 * @module
 */

import type { LogEvent } from "../ports.ts";

/** A ring of events whose ids grow by one for ever; the oldest are dropped beyond a count or a size. */
export interface EventRing {
  /** Adds the event that `make` builds for the next id; `size` is about its length in characters. */
  append(make: (id: number) => LogEvent, size: number): LogEvent;
  /** Id of the newest event, 0 when there was none yet. */
  readonly last: number;
  /** Id of the oldest event that is still there; `last + 1` when there is none. */
  readonly first: number;
  at(id: number): LogEvent | undefined;
}

/** Characters of payload that a ring keeps at most, so that a script cannot fill the memory with events. */
const largestRing = 32 * 1024 * 1024;

/** An empty ring for `capacity` events. */
export function createEventRing(capacity: number): EventRing {
  const slots = new Map<number, { event: LogEvent; size: number }>();
  let last = 0;
  let first = 1;
  let total = 0;
  return {
    get last() {
      return last;
    },
    get first() {
      return first;
    },
    at: (id) => slots.get(id)?.event,
    append(make, size) {
      last += 1;
      const event = make(last);
      slots.set(last, { event, size });
      total += size;
      while (slots.size > capacity || (total > largestRing && slots.size > 1)) {
        total -= slots.get(first)?.size ?? 0;
        slots.delete(first);
        first += 1;
      }
      return event;
    },
  };
}
