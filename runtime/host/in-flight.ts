/**
 * What the requests of one run may hold in the host's memory at the same time.
 *
 * @module
 */

/** Bytes of bodies, sent and received, of all requests of a run that are not over. */
export const mostInFlightBytes: number = 64 * 1024 * 1024;

/** How many requests that must arrive are under way in one run; the next waits for its turn. */
export const mostAtOnce = 64;

/** The part of one request. */
export interface Share {
  /** Resolves when the request may be sent. */
  readonly ready: Promise<void>;
  /** Counts bytes that the request holds. False when they are too many; they are then not counted. */
  hold(bytes: number): boolean;
  /** Gives everything back. */
  end(): void;
}

export interface InFlight {
  /**
   * A request enters. One that `mustArrive` (its answer has tokens in it that are given out once) waits until fewer than 64 of
   * its kind are under way and is then refused nothing: its caller asks for small answers. What all others hold is counted
   * together, and no turn is needed.
   */
  enter(mustArrive: boolean): Share;
}

/** For code that is trusted with the memory. */
export const unlimitedShare: Share = { ready: Promise.resolve(), hold: () => true, end: () => {} };

/** The budget of one run. */
export function createInFlight(
  mostBytes: number = mostInFlightBytes,
  mostTurns: number = mostAtOnce,
): InFlight {
  let held = 0;
  let turns = 0;
  const waiting = new Set<() => void>();

  function counted(): Share {
    let own = 0;
    return {
      ready: Promise.resolve(),
      hold(bytes) {
        if (held + bytes > mostBytes) return false;
        held += bytes;
        own += bytes;
        return true;
      },
      end() {
        held -= own;
        own = 0;
      },
    };
  }

  function inTurn(): Share {
    let begin = (): void => {};
    const ready = new Promise<void>((resolve) => {
      begin = resolve;
    });
    let isOver = false;
    if (turns < mostTurns) {
      turns += 1;
      begin();
    } else {
      waiting.add(begin);
    }
    return {
      ready,
      hold: () => true,
      end() {
        if (isOver) return;
        isOver = true;
        if (waiting.delete(begin)) return;
        const [next] = waiting;
        // The turn is handed on, so that none that comes now can take it first.
        if (next === undefined) turns -= 1;
        else {
          waiting.delete(next);
          next();
        }
      },
    };
  }

  return { enter: (mustArrive) => (mustArrive ? inTurn() : counted()) };
}
