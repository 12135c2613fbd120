/**
 * Lets the calls of one run into the host without keeping all others waiting.
 *
 * @module
 */

/** How long the calls of one run may take in one turn of the event loop, in ms; the rest waits for the next turn. */
const turn = 10;

export interface CallQueue<Call> {
  add(call: Call): void;
  /** Drops what waits. */
  clear(): void;
}

/**
 * A queue in front of `enter`, which must not throw. Calls enter at once until the turn's time is used up. What they do
 * in promise jobs counts too, because those run before the next call is looked at.
 */
export function createCallQueue<Call>(enter: (call: Call) => Promise<void>): CallQueue<Call> {
  let waiting: Call[] = [];
  let began: number | null = null;

  const isUsedUp = (): boolean => began !== null && performance.now() - began > turn;

  const nextTurn = async (): Promise<void> => {
    began = performance.now();
    let at = 0;
    for (; at < waiting.length && !isUsedUp(); at += 1) {
      void enter(waiting[at] as Call);
      await Promise.resolve();
    }
    waiting = waiting.slice(at);
    if (waiting.length === 0) began = null;
    else setImmediate(() => void nextTurn());
  };

  return {
    add(call) {
      if (began === null) {
        began = performance.now();
        setImmediate(() => void nextTurn());
      }
      if (waiting.length > 0 || isUsedUp()) waiting.push(call);
      else void enter(call);
    },
    clear() {
      waiting = [];
    },
  };
}
