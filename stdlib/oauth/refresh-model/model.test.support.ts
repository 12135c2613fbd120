/**
 * The refresh model as a system of states, and what must be true of them.
 *
 * @module
 */

import { explore, type Finding, type System, Violation } from "./checker.test.support.ts";
import { flightSteps } from "./flight.test.support.ts";
import type { Rule } from "./rules.test.support.ts";
import { outsideSteps } from "./time.test.support.ts";
import {
  accepts,
  type Actor,
  type Answer,
  type Begun,
  type Faults,
  noActor,
  type ServerKind,
  type Stored,
  type World,
} from "./world.test.support.ts";

export interface Bounds {
  readonly server: ServerKind;
  readonly actors: number;
  /** Calls of each actor. */
  readonly calls?: number;
  readonly faults: Partial<Faults>;
  readonly lease?: boolean;
  readonly slow?: boolean;
  readonly without?: Rule;
  /** True: nothing may be lost at all, the commit window included. */
  readonly noLoss?: boolean;
}

/** Visits every state within the bounds; `counted` are the states in the commit window of a strict server. */
export function check(bounds: Bounds): Finding {
  return explore(refreshModel(bounds), (world) => world.inWindow && isAtRest(world));
}

function refreshModel(bounds: Bounds): System<World> {
  const { server, lease = false, slow = false, without = null } = bounds;
  const setting = { server, lease, slow, without };
  const faults: Faults = {
    crash: 0,
    lose: 0,
    unsent: 0,
    unavailable: 0,
    store: 0,
    login: 0,
    logout: 0,
    scriptLogin: 0,
    scriptLogout: 0,
    freeze: 0,
    stale: 0,
    ...bounds.faults,
  };
  const initial: World = {
    stored: { rt: 1, at: 1, generation: 1, life: 1, intent: null },
    server: { live: [1], previous: 0, graceOpen: false, since: 1 },
    last: 1,
    lock: null,
    actors: Array.from({ length: bounds.actors }, () => ({ ...noActor, callsLeft: bounds.calls ?? 1 })),
    orphans: [],
    faults,
    inWindow: false,
    durable: 2,
  };
  return {
    initial,
    key: keyOf,
    steps: (world) => {
      const steps = [
        ...world.actors.flatMap((_, number) => flightSteps(setting, world, number)),
        ...outsideSteps(setting, world),
      ];
      // A holder that is declared dead while it is frozen may end its own login (I1, I2): only the storage stays safe.
      return faults.freeze === 0 ? steps : steps.filter(([, to]) => !isLoss(to));
    },
    judge: (world, isEnd) => judge(bounds, faults, world, isEnd),
  };
}

function isLoss(to: World | Violation): boolean {
  return to instanceof Violation && to.invariant === "I2";
}

function judge(bounds: Bounds, given: Faults, world: World, isEnd: boolean): Violation | null {
  const { stored, server, actors, orphans } = world;
  const sent = actors.filter(({ request }) => request === "sent").length;
  // A sequential repeat within the grace is what the grace is for.
  const onTheWire = sent + (bounds.server === "strict" ? currentOrphans(world) : 0);
  if (given.freeze === 0 && onTheWire > 1) return new Violation("I1", "two requests of one login at once");
  if (isEnd && !isAtRest(world)) return new Violation("I5", "a caller waits for ever");
  if (!isAtRest(world) || orphans.length > 0) return null;
  if (bounds.noLoss && world.inWindow) return new Violation("I2", "an answer was lost for ever");
  if (given.freeze > 0) return null;
  const isKept = actors.some(({ kept }) => kept !== null && server.live.includes(kept.rt));
  if (stored !== null && !world.inWindow && !isKept && !accepts(bounds.server, server, stored.rt))
    return new Violation("I2", "at rest, the stored refresh token is dead outside of the commit window");
  const wasLost = given.crash + given.lose > 0;
  if (stored === null && !wasLost && !isKept && server.live.length > 0)
    return new Violation("I3", "tokens live on at the provider after a logout, and nobody holds them");
  if (world.lock !== null && !(bounds.lease ?? false)) return new Violation("I7", "a lock that nobody holds");
  return null;
}

function currentOrphans({ orphans, stored }: World): number {
  return orphans.filter((rt) => rt === stored?.rt).length;
}

function isAtRest({ actors }: World): boolean {
  return actors.every(({ at, callsLeft }) => at === "crashed" || (at === "idle" && callsLeft === 0));
}

/** Short, because most of the time goes into keys. */
function keyOf({ stored, server, last, lock, actors, orphans, faults, inWindow, durable }: World): string {
  return [
    storedKey(stored),
    `${server.live.join(".")}/${server.previous}/${server.graceOpen ? "g" : ""}/${server.since}`,
    `${last}/${lock ?? "-"}/${orphans.join(".")}/${inWindow ? "w" : ""}/${durable}`,
    Object.values(faults).join("."),
    ...actors.map(actorKey),
  ].join(" ");
}

function storedKey(stored: Stored | null): string {
  return stored === null
    ? "-"
    : `${stored.rt}.${stored.at}.${stored.generation}.${stored.life}.${begunKey(stored.intent)}`;
}

function begunKey(begun: Begun | null): string {
  return begun === null ? "-" : `${begun.rt}:${begun.age}`;
}

function actorKey(actor: Actor): string {
  const { at, callsLeft, seen, entry, unsettled, lockIsOld, looks, repeats, inDoubt, tries, kept } = actor;
  if (at === "crashed") return at;
  const flags = `${lockIsOld ? "o" : ""}${inDoubt ? "d" : ""}`;
  const counts = `${callsLeft}.${seen}.${looks}.${repeats}.${tries}`;
  const request = typeof actor.request === "string" ? actor.request : answerKey(actor.request);
  const held = kept === null ? "-" : `${kept.rt}.${kept.at}.${kept.generation}.${kept.over}`;
  const own = `${storedKey(entry)}/${begunKey(unsettled)}/${request}/${answerKey(actor.answer)}`;
  return `${at}/${flags}/${counts}/${own}/${held}`;
}

function answerKey(answer: Answer | null): string {
  if (answer === null) return "-";
  return answer.kind === "granted" ? `${answer.rt}.${answer.at}` : answer.kind;
}
