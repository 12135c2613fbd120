/**
 * What happens around the flights: the server acts, time passes, and faults. Time is where the bounds are that the algorithm relies on.
 *
 * @module
 */

import { type Step, Violation } from "./checker.test.support.ts";
import { crash } from "./flight.test.support.ts";
import { holds, type Setting } from "./rules.test.support.ts";
import {
  act,
  answerLost,
  loggedIn,
  loggedOut,
  spend,
  type Stored,
  type World,
  withActor,
} from "./world.test.support.ts";

/** The steps of everything but the flights. */
export function outsideSteps(setting: Setting, world: World): Step<World>[] {
  return [...serverSteps(setting, world), ...timeSteps(setting, world), ...faultSteps(setting, world)];
}

function serverSteps(setting: Setting, world: World): Step<World>[] {
  const steps: Step<World>[] = [];
  for (const [number, actor] of world.actors.entries()) {
    if (actor.request !== "sent" || actor.entry === null) continue;
    const acted = act(setting.server, world, actor.entry.rt);
    const name = `the server acts on the request of ${number}`;
    steps.push([
      name,
      acted instanceof Violation ? acted : withActor(acted.world, number, { request: acted.answer }),
    ]);
    if (world.faults.unavailable > 0) {
      const busy = withActor(spend(world, "unavailable"), number, { request: { kind: "unavailable" } });
      steps.push([`the server tells ${number} to come back`, busy]);
    }
  }
  for (const [place, rt] of world.orphans.entries()) {
    const without: World = { ...world, orphans: world.orphans.toSpliced(place, 1) };
    const acted = act(setting.server, without, rt);
    const name = `a late request with ${rt} arrives`;
    steps.push([
      name,
      acted instanceof Violation ? acted : answerLost(setting.server, acted.world, acted.answer),
    ]);
    steps.push([`a late request with ${rt} never arrives`, without]);
  }
  return steps;
}

function timeSteps(setting: Setting, world: World): Step<World>[] {
  const { stored, server, lock, orphans, actors } = world;
  const steps: Step<World>[] = [];
  const isSending = actors.some(({ request }) => request !== "none");
  const isRepeating = actors.some(({ at, inDoubt }) => at === "presentRefreshToken" && inDoubt);
  const change = (of: Partial<Stored>): World =>
    stored === null ? world : { ...world, stored: { ...stored, ...of } };
  if (stored !== null) {
    const { life, intent } = stored;
    // A life is longer than any request lives, and than any grace.
    if (life === 0 && world.faults.stale > 0 && orphans.length === 0 && !isSending && !server.graceOpen)
      steps.push(["the token goes stale", spend(change({ life: 1 }), "stale")]);
    if (life === 1) steps.push(["the token expires", change({ life: 2 })]);
    // A repeat is made at once.
    const isBeginning = actors.some(({ at }) => at === "presentRefreshToken");
    if (intent?.age === 0 && !isRepeating && (setting.slow || !(isSending || isBeginning)))
      steps.push(["the window closes", change({ intent: { ...intent, age: 1 } })]);
    // `processing_bound_seconds`: by then no request of the earlier sender can be on its way, or be sent yet, and a process
    // that keeps an answer has been asked again.
    const isGuarded = isBeginning && holds(setting, "sends nothing under a lock that is too old");
    const isHeld = actors.some(
      ({ at, kept }) =>
        at === "writeSuccessor" || (kept?.over === stored.rt && kept.generation === stored.generation),
    );
    if (intent?.age === 1 && orphans.length === 0 && !isSending && !isGuarded && !isHeld)
      steps.push(["nothing can be on its way", change({ intent: { ...intent, age: 2 } })]);
  }
  // The server counts from its own act, which is later; what was sent within the window arrives within the grace.
  const isYoung = stored?.intent?.age === 0 && stored.intent.rt === server.previous;
  const isUsed = isSending || orphans.includes(server.previous);
  if (server.graceOpen && !isYoung && !isUsed) {
    const isHeld = actors.some(({ answer, kept }) => answer?.kind === "granted" || kept !== null);
    const isLost = stored?.rt === server.previous && !isHeld;
    const closed: World = { ...world, server: { ...server, graceOpen: false } };
    steps.push(["the grace ends", isLost ? { ...closed, inWindow: true } : closed]);
  }
  if (lock !== null && setting.lease) {
    if (!(actors[lock]?.lockIsOld ?? true))
      steps.push(["the lock grows old", withActor(world, lock, { lockIsOld: true })]);
    else steps.push(...leaseSteps(setting, world, lock));
  }
  return steps;
}

/** What was sent while the lock was young ends before the lease does (`lock-limits.ts`). */
function leaseSteps(setting: Setting, world: World, holder: number): Step<World>[] {
  const { at, inDoubt } = world.actors[holder] ?? {};
  const ended: World = { ...world, lock: null };
  const isRepeating = at === "presentRefreshToken" && inDoubt;
  const endsInTime =
    isRepeating || at === "awaitAnswer" || at === "writeSuccessor" || at === "refusedForGood";
  if (!endsInTime || !holds(setting, "sends nothing under a lock that is too old"))
    return [["the lease ends", ended]];
  return world.faults.freeze > 0 ? [["the holder freezes, and the lease ends", spend(ended, "freeze")]] : [];
}

function faultSteps(setting: Setting, world: World): Step<World>[] {
  const { faults, stored, lock } = world;
  const steps: Step<World>[] = [];
  if (faults.crash > 0) {
    for (const [number, { at, kept }] of world.actors.entries()) {
      if (at !== "crashed" && (at !== "idle" || kept !== null))
        steps.push([`${number} crashes`, crash(setting, world, number)]);
    }
  }
  if (faults.login > 0 && lock === null)
    steps.push(["a login", loggedIn(setting.server, spend(world, "login"))]);
  if (faults.logout > 0 && lock === null && stored !== null)
    steps.push(["a logout", loggedOut(spend(world, "logout"))]);
  if (faults.scriptLogin > 0)
    steps.push(["a script's login", loggedIn(setting.server, spend(world, "scriptLogin"))]);
  if (faults.scriptLogout > 0 && stored !== null)
    steps.push(["a script's logout", loggedOut(spend(world, "scriptLogout"))]);
  return steps;
}
