/**
 * The world of the refresh model: one login, the storage, the lock, a token endpoint, and what may go wrong with them.
 *
 * Tokens are numbers: each grant gets the next one. Time is what has passed: `age` of an intent, `life` of a token. The
 * bounds that the algorithm relies on are in `canPass` of `time.test.support.ts`.
 *
 * @module
 */

import { Violation } from "./checker.test.support.ts";

export type ServerKind = "strict" | "grace" | "not_rotating";

/** 0 fresh, 1 in its last quarter, 2 expired. */
export type Life = 0 | 1 | 2;
/** 0 within the provider's window, 1 after it, 2 when nothing of its sender can be on its way any more. */
export type Age = 0 | 1 | 2;

export interface Begun {
  readonly rt: number;
  readonly age: Age;
}

export interface Stored {
  readonly rt: number;
  readonly at: number;
  readonly generation: number;
  readonly life: Life;
  readonly intent: Begun | null;
}

export interface Server {
  /** Refresh tokens that it takes. */
  readonly live: readonly number[];
  /** The one that was rotated last, taken while `graceOpen`. */
  readonly previous: number;
  readonly graceOpen: boolean;
  /** Tokens from this number on are of the present login. */
  readonly since: number;
}

export type Answer =
  | { readonly kind: "granted"; readonly rt: number; readonly at: number }
  | { readonly kind: "invalid_grant" }
  | { readonly kind: "unavailable" };

/** Where a flight stands; the names are those of the functions in refresh.ts and stored-entry.ts. */
export type At =
  | "idle"
  | "withRefreshLock"
  | "entryNow"
  | "storeKeptAnswer"
  | "beginRefresh"
  | "presentRefreshToken"
  | "awaitAnswer"
  | "writeSuccessor"
  | "overAnotherLineage"
  | "refusedForGood"
  | "endRefresh"
  | "release"
  | "crashed";

export interface Actor {
  readonly at: At;
  readonly callsLeft: number;
  /** The access token that the caller saw. */
  readonly seen: number;
  /** What was found under the lock. */
  readonly entry: Stored | null;
  /** What was unsettled before this refresh was begun. */
  readonly unsettled: Begun | null;
  /** Too much of its lock's time is over for a request. */
  readonly lockIsOld: boolean;
  readonly looks: number;
  readonly repeats: number;
  readonly inDoubt: boolean;
  /** Its request: on its way, or acted on with this answer. */
  readonly request: "none" | "sent" | Answer;
  readonly answer: Answer | null;
  readonly tries: number;
  readonly kept: {
    readonly rt: number;
    readonly at: number;
    readonly generation: number;
    readonly over: number;
  } | null;
}

/** How often each fault may still happen. */
export interface Faults {
  readonly crash: number;
  /** A request whose answer does not come; the server may have acted, or act later. */
  readonly lose: number;
  readonly unsent: number;
  readonly unavailable: number;
  /** A write that the storage refuses. */
  readonly store: number;
  /** A login or logout through the lock. */
  readonly login: number;
  readonly logout: number;
  /** A login or logout by a script's own `set` and `delete`, which take no lock. */
  readonly scriptLogin: number;
  readonly scriptLogout: number;
  /** A lease that ends although its holder goes on. */
  readonly freeze: number;
  /** How often a stored token goes stale. */
  readonly stale: number;
}

export interface World {
  readonly stored: Stored | null;
  readonly server: Server;
  readonly last: number;
  /** The actor that holds it. */
  readonly lock: number | null;
  readonly actors: readonly Actor[];
  /** Requests whose senders are gone. */
  readonly orphans: readonly number[];
  readonly faults: Faults;
  /** True once an answer that granted tokens was lost for ever: the commit window of a strict server. */
  readonly inWindow: boolean;
  /** The access tokens that were ever stored, one bit each. */
  readonly durable: number;
}

export const noActor: Actor = {
  at: "idle",
  callsLeft: 0,
  seen: 0,
  entry: null,
  unsettled: null,
  lockIsOld: false,
  looks: 0,
  repeats: 0,
  inDoubt: false,
  request: "none",
  answer: null,
  tries: 0,
  kept: null,
};

/** The world with one actor changed. */
export function withActor(world: World, number: number, change: Partial<Actor>): World {
  const actors = world.actors.map((actor, at) => (at === number ? { ...actor, ...change } : actor));
  return { ...world, actors };
}

/** The world with one fault used up. */
export function spend(world: World, fault: keyof Faults): World {
  return { ...world, faults: { ...world.faults, [fault]: world.faults[fault] - 1 } };
}

export function accepts(kind: ServerKind, server: Server, rt: number): boolean {
  if (server.live.includes(rt)) return true;
  return kind === "grace" && server.graceOpen && server.previous === rt && server.live.length > 0;
}

/** The server acts on a request. A token of this login that it does not take looks like theft, and ends the login. */
export function act(
  kind: ServerKind,
  world: World,
  rt: number,
): { readonly world: World; readonly answer: Answer } | Violation {
  const { server, stored } = world;
  const at = world.last + 1;
  if (!accepts(kind, server, rt)) {
    if (kind === "not_rotating" || rt < server.since || server.live.length === 0)
      return { world, answer: { kind: "invalid_grant" } };
    if (!world.inWindow) return new Violation("I2", "our own repeat ended the login");
    if (stored !== null && stored.rt === rt && stored.life < 2)
      return new Violation("I2", "our own repeat ended a login whose access token worked");
    return { world: { ...world, server: { ...server, live: [] } }, answer: { kind: "invalid_grant" } };
  }
  if (kind === "not_rotating") return { world: { ...world, last: at }, answer: { kind: "granted", rt, at } };
  const rotated: Server = server.live.includes(rt)
    ? { ...server, live: [at], previous: rt, graceOpen: kind === "grace" }
    : { ...server, live: [...server.live, at] };
  return { world: { ...world, server: rotated, last: at }, answer: { kind: "granted", rt: at, at } };
}

/** The world after an answer came to nobody. It is lost for ever when the server takes the stored token no more. */
export function answerLost(kind: ServerKind, world: World, answer: Answer): World {
  const { stored, server } = world;
  const isLost = answer.kind === "granted" && stored !== null && !accepts(kind, server, stored.rt);
  return isLost ? { ...world, inWindow: true } : world;
}

/** A new login: its own tokens at the server, and a new generation in the storage. */
export function loggedIn(kind: ServerKind, world: World): World {
  const at = world.last + 1;
  // A provider that does not rotate may give the same refresh token again.
  const rt = kind === "not_rotating" ? (world.stored?.rt ?? 1) : at;
  return {
    ...world,
    last: at,
    server: { live: [rt], previous: 0, graceOpen: false, since: kind === "not_rotating" ? 1 : at },
    stored: { rt, at, generation: at, life: 0, intent: null },
    durable: world.durable | (1 << at),
    inWindow: false,
  };
}

/** A logout: the stored refresh token is revoked, and removed. A spent one revokes nothing. */
export function loggedOut(world: World): World {
  const { stored, server } = world;
  const live = stored !== null && server.live.includes(stored.rt) ? [] : server.live;
  return { ...world, server: { ...server, live }, stored: null };
}
