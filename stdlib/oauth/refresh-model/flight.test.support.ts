/**
 * A refresh as refresh.ts makes it, one step for each operation that others can come between.
 *
 * @module
 */

import { type Step, Violation } from "./checker.test.support.ts";
import { firstAge, holds, inDoubt, repeatsOf, type Setting, unsettledRefresh } from "./rules.test.support.ts";
import {
  type Actor,
  type Answer,
  accepts,
  answerLost,
  noActor,
  spend,
  type Stored,
  type World,
  withActor,
} from "./world.test.support.ts";

/** How often a write is tried before its answer is kept. */
const writeTries = 2;

/** The steps that one actor can take. */
export function flightSteps(setting: Setting, world: World, number: number): Step<World>[] {
  const actor = world.actors[number];
  if (actor === undefined) return [];
  const name = (step: string): string => `${number} ${step}`;
  const go = (step: string, change: Partial<Actor>, of: World = world): Step<World> => [
    name(step),
    withActor(of, number, change),
  ];
  const { stored } = world;
  switch (actor.at) {
    case "idle": {
      if (actor.callsLeft === 0) return [];
      const callsLeft = actor.callsLeft - 1;
      if (stored === null || stored.life === 0) return [go("finds it fresh, or nothing", { callsLeft })];
      return [
        go("sees a stale token", {
          at: "withRefreshLock",
          callsLeft,
          seen: stored.at,
          entry: stored,
          looks: 0,
        }),
      ];
    }
    case "withRefreshLock": {
      if (!holds(setting, "one lock over read, request and store"))
        return [go("goes ahead", { at: "entryNow" })];
      if (world.lock !== null) return [];
      const locked: World = { ...world, lock: number };
      return [go("withRefreshLock", { at: "entryNow" }, locked)];
    }
    case "entryNow": {
      const looks = holds(setting, "looks again under the lock") || actor.looks > 0;
      const entry = looks ? stored : actor.entry;
      if (entry === null) return [go("entryNow finds nothing", { at: "release" })];
      const { kept } = actor;
      if (kept === null) return [decide(setting, world, number, entry, "entryNow")];
      if (kept.generation === entry.generation && kept.over === entry.rt)
        return [go("entryNow", { at: "storeKeptAnswer", entry })];
      return [decide(setting, withActor(world, number, { kept: null }), number, entry, "entryNow")];
    }
    case "storeKeptAnswer": {
      const { kept, entry } = actor;
      if (kept === null || entry === null) return [];
      const steps: Step<World>[] = [];
      if (world.faults.store > 0)
        steps.push(go("storeKeptAnswer fails", { at: "release" }, spend(world, "store")));
      if (isOfLineage(setting, stored, entry)) {
        const next: Stored = { rt: kept.rt, at: kept.at, generation: kept.generation, life: 1, intent: null };
        const written: World = { ...world, stored: next, durable: world.durable | (1 << next.at) };
        steps.push(
          decide(setting, withActor(written, number, { kept: null }), number, next, "storeKeptAnswer"),
        );
      } else {
        steps.push(
          decide(setting, withActor(world, number, { kept: null }), number, entry, "storeKeptAnswer"),
        );
      }
      return steps;
    }
    case "beginRefresh": {
      const { entry } = actor;
      if (entry === null) return [];
      if (actor.lockIsOld && holds(setting, "sends nothing under a lock that is too old"))
        return [go("finds its lock too old", { at: "release" })];
      if (!isOfLineage(setting, stored, entry)) return [changed(world, number, "beginRefresh")];
      const found = unsettledRefresh(entry);
      const unsettled = aged(stored?.intent ?? null, found);
      // What was within the window when it was looked at keeps its start, though the window may be closed by now.
      const begun = found?.age === 0 ? unsettled : { rt: entry.rt, age: firstAge(setting.server) };
      const intent = holds(setting, "writes the intent before the request") ? begun : null;
      const written: World = stored === null ? world : { ...world, stored: { ...stored, intent } };
      const ready = { unsettled, repeats: repeatsOf(setting), inDoubt: false } as const;
      const steps = [go("beginRefresh", { at: "presentRefreshToken", ...ready }, written)];
      if (world.faults.store > 0)
        steps.push(go("beginRefresh fails", { at: "release" }, spend(world, "store")));
      return steps;
    }
    case "presentRefreshToken": {
      const isRepeat = actor.repeats < repeatsOf(setting);
      if (!isRepeat && stored !== null && actor.entry !== null) {
        if (actor.lockIsOld && holds(setting, "sends nothing under a lock that is too old"))
          return [go("finds its lock too old", { at: "endRefresh" })];
        const entry = { ...actor.entry, life: stored.life, intent: aged(stored.intent, actor.unsettled) };
        if (inDoubt(setting, entry)) return [go("finds the window closed", { at: "endRefresh" })];
      }
      const steps = [go("presentRefreshToken", { at: "awaitAnswer", request: "sent" })];
      if (world.faults.unsent > 0)
        steps.push(
          go("cannot send", { at: actor.inDoubt ? "release" : "endRefresh" }, spend(world, "unsent")),
        );
      return steps;
    }
    case "awaitAnswer": {
      if (actor.request === "none") return [];
      const steps: Step<World>[] = [];
      if (actor.request !== "sent") steps.push(answered(world, number, actor.request));
      if (world.faults.lose > 0) steps.push(lost(setting, world, number));
      return steps;
    }
    case "writeSuccessor": {
      const { answer, entry } = actor;
      if (answer?.kind !== "granted" || entry === null) return [];
      if (!holds(setting, "stores, then shows")) return [shown(world, number, answer.at, "does not store")];
      const steps: Step<World>[] = [];
      if (world.faults.store > 0) {
        const tried = spend(world, "store");
        if (actor.tries + 1 < writeTries)
          steps.push(go("writeSuccessor fails", { tries: actor.tries + 1 }, tried));
        else if (holds(setting, "keeps an answer that the storage does not take"))
          steps.push(
            go(
              "keeps the answer",
              {
                at: "release",
                kept: { rt: answer.rt, at: answer.at, generation: entry.generation, over: entry.rt },
              },
              tried,
            ),
          );
        else steps.push(go("throws the answer away", { at: "release" }, tried));
      }
      if (isOfLineage(setting, stored, entry)) {
        if (stored === null ? true : stored.generation !== entry.generation)
          return [[name("writeSuccessor"), new Violation("I3", "a newer login or a logout was overwritten")]];
        const next: Stored = {
          rt: answer.rt,
          at: answer.at,
          generation: entry.generation,
          life: 0,
          intent: null,
        };
        const written: World = { ...world, stored: next, durable: world.durable | (1 << next.at) };
        steps.push(shown(written, number, next.at, "writeSuccessor"));
      } else {
        steps.push(go("writeSuccessor finds another lineage", { at: "overAnotherLineage" }));
      }
      return steps;
    }
    case "overAnotherLineage": {
      if (stored !== null) return [shown(world, number, stored.at, "uses what is stored")];
      const { live, since } = world.server;
      const revokes =
        holds(setting, "revokes what came after a logout") &&
        actor.answer?.kind === "granted" &&
        live.includes(actor.answer.rt);
      const server = revokes ? { ...world.server, live: [], since } : world.server;
      return [go("revokeUnheld", { at: "release" }, { ...world, server })];
    }
    case "refusedForGood": {
      const { entry } = actor;
      if (entry === null) return [];
      if (
        stored !== null &&
        !isOfLineage(setting, stored, entry) &&
        holds(setting, "looks again before it says that consent is needed")
      )
        return [changed(world, number, "refusedForGood")];
      if (stored !== null && accepts(setting.server, world.server, stored.rt))
        return [
          [
            name("refusedForGood"),
            new Violation("I4", "consent is asked for although the stored refresh token works"),
          ],
        ];
      return [go("refusedForGood", { at: "endRefresh", unsettled: null })];
    }
    case "endRefresh": {
      const { entry } = actor;
      const kept = holds(setting, "an earlier doubt outlives a later failure") ? actor.unsettled : null;
      const steps: Step<World>[] = [];
      if (world.faults.store > 0)
        steps.push(go("endRefresh fails", { at: "release" }, spend(world, "store")));
      const isLocked = world.lock === number || !setting.lease;
      const ended =
        isLocked && stored !== null && entry !== null && isOfLineage(setting, stored, entry)
          ? { ...world, stored: { ...stored, intent: aged(stored.intent, kept) } }
          : world;
      steps.push(go("endRefresh", { at: "release" }, ended));
      return steps;
    }
    case "release": {
      const freed = world.lock === number ? { ...world, lock: null } : world;
      const { callsLeft, kept } = actor;
      return [go("release", { ...noActor, callsLeft, kept }, freed)];
    }
    case "crashed":
      return [];
  }
}

/** An actor dies: the kernel frees its lock, and its request goes on without it. */
export function crash(setting: Setting, world: World, number: number): World {
  const actor = world.actors[number];
  if (actor === undefined) return world;
  const { request, answer, kept } = actor;
  let next = spend(world, "crash");
  if (actor.request === "sent" && actor.entry !== null)
    next = { ...next, orphans: [...next.orphans, actor.entry.rt].toSorted((a, b) => a - b) };
  if (typeof request === "object") next = answerLost(setting.server, next, request);
  if (answer?.kind === "granted" && actor.at === "writeSuccessor")
    next = answerLost(setting.server, next, answer);
  if (kept !== null) next = answerLost(setting.server, next, { kind: "granted", rt: kept.rt, at: kept.at });
  if (next.lock === number && !setting.lease) next = { ...next, lock: null };
  return withActor(next, number, { ...noActor, at: "crashed" });
}

function decide(setting: Setting, world: World, number: number, entry: Stored, step: string): Step<World> {
  const actor = world.actors[number];
  if (entry.at !== actor?.seen && entry.life < 2)
    return shown(world, number, entry.at, `${step}: another was faster`);
  if (inDoubt(setting, entry))
    return [`${number} ${step}: in doubt`, withActor(world, number, { at: "release" })];
  return [`${number} ${step}`, withActor(world, number, { at: "beginRefresh", entry })];
}

function changed(world: World, number: number, step: string): Step<World> {
  const looks = (world.actors[number]?.looks ?? 0) + 1;
  const at = looks < 2 ? "entryNow" : "release";
  return [
    `${number} ${step}: changed`,
    withActor(world, number, { at, looks, request: "none", answer: null, inDoubt: false }),
  ];
}

function shown(world: World, number: number, at: number, step: string): Step<World> {
  const name = `${number} ${step}, shows ${at}`;
  if ((world.durable & (1 << at)) === 0)
    return [name, new Violation("I6", "a token was shown that was never stored")];
  return [name, withActor(world, number, { at: "release" })];
}

function answered(world: World, number: number, answer: Answer): Step<World> {
  const actor = world.actors[number];
  const name = `${number} gets ${answer.kind}`;
  switch (answer.kind) {
    case "granted":
      return [name, withActor(world, number, { at: "writeSuccessor", request: "none", answer, tries: 0 })];
    case "invalid_grant":
      return [name, withActor(world, number, { at: "refusedForGood", request: "none", answer })];
    case "unavailable":
      return [
        name,
        withActor(world, number, { at: actor?.inDoubt ? "release" : "endRefresh", request: "none" }),
      ];
  }
}

/** No answer in time: the request may still arrive. */
function lost(setting: Setting, world: World, number: number): Step<World> {
  const actor = world.actors[number];
  let next = spend(world, "lose");
  if (actor?.request === "sent" && actor.entry !== null)
    next = { ...next, orphans: [...next.orphans, actor.entry.rt].toSorted((a, b) => a - b) };
  const repeats = actor?.repeats ?? 0;
  const isWindowOpen = world.stored?.intent?.age === 0 || !holds(setting, "repeats nothing after the grace");
  const repeat = repeats > 0 && isWindowOpen;
  if (typeof actor?.request === "object" && !(repeat && setting.server === "grace"))
    next = answerLost(setting.server, next, actor.request);
  return [
    `${number} loses the answer`,
    withActor(next, number, {
      at: repeat ? "presentRefreshToken" : "release",
      request: "none",
      repeats: repeat ? repeats - 1 : repeats,
      inDoubt: true,
    }),
  ];
}

/** The same intent goes on ageing while another is written over it. */
function aged(now: Stored["intent"], unsettled: Stored["intent"]): Stored["intent"] {
  if (unsettled === null || now === null) return unsettled;
  return now.age > unsettled.age ? { ...unsettled, age: now.age } : unsettled;
}

function isOfLineage(setting: Setting, stored: Stored | null, entry: Stored): boolean {
  if (!holds(setting, "stores only over the lineage that it presented")) return true;
  if (stored === null || stored.rt !== entry.rt) return false;
  return stored.generation === entry.generation || !holds(setting, "a login is a generation of its own");
}
