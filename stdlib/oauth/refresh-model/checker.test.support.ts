/**
 * An explicit-state checker: visits every state that the steps of a system can reach, breadth first, so that the way to a
 * violation is the shortest one.
 *
 * @module
 */

/** A step of the system: its name, and the state that it leads to or what is wrong with taking it. */
export type Step<S> = readonly [name: string, to: S | Violation];

export class Violation {
  readonly invariant: string;
  readonly what: string;

  constructor(invariant: string, what: string) {
    this.invariant = invariant;
    this.what = what;
  }
}

export interface System<S> {
  readonly initial: S;
  /** The same text for the same state. */
  key(state: S): string;
  /** All steps from a state. */
  steps(state: S): Step<S>[];
  /** What is wrong with a state, or null. `isEnd`: no step leads on. */
  judge(state: S, isEnd: boolean): Violation | null;
}

export interface Finding {
  readonly states: number;
  /** The violation and the names of the steps that lead to it; null when there is none. */
  readonly violation: (Violation & { readonly path: readonly string[] }) | null;
  /** The states that `counted` is true for. */
  readonly counted: number;
}

/** Visits all states, up to the first violation. Throws RangeError over `most` states: a bound was forgotten. */
export function explore<S>(
  system: System<S>,
  counted: (state: S) => boolean = () => false,
  most = 2_000_000,
): Finding {
  const from = new Map<string, { readonly before: string | null; readonly step: string }>();
  let frontier: [string, S][] = [[system.key(system.initial), system.initial]];
  from.set(system.key(system.initial), { before: null, step: "" });
  let count = 0;
  const found = (violation: Violation, last: string, more: readonly string[]): Finding => {
    const path = [...more];
    for (let at: string | null = last; at !== null; at = from.get(at)?.before ?? null)
      path.unshift(from.get(at)?.step ?? "");
    return {
      states: from.size,
      violation: Object.assign(violation, { path: path.slice(1) }),
      counted: count,
    };
  };
  while (frontier.length > 0) {
    const next: [string, S][] = [];
    for (const [key, state] of frontier) {
      const steps = system.steps(state);
      const wrong = system.judge(state, steps.length === 0);
      if (wrong !== null) return found(wrong, key, []);
      if (counted(state)) count += 1;
      for (const [step, to] of steps) {
        if (to instanceof Violation) return found(to, key, [step]);
        const name = system.key(to);
        if (from.has(name)) continue;
        if (from.size >= most) throw new RangeError(`more than ${most} states`);
        from.set(name, { before: key, step });
        next.push([name, to]);
      }
    }
    frontier = next;
  }
  return { states: from.size, violation: null, counted: count };
}
