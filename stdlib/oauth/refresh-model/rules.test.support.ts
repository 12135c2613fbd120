/**
 * The rules of the refresh algorithm, each of which the model can be run without.
 *
 * @module
 */

import type { RefreshHandling } from "../providers/record.ts";
import { isInDoubt, repeatRule } from "../refresh-profile.ts";
import type { Entry } from "../storage/entry.ts";
import { refreshHash } from "../storage/lineage.ts";
import type { Age, Begun, ServerKind, Stored } from "./world.test.support.ts";

export const rules = [
  "one lock over read, request and store",
  "looks again under the lock",
  "writes the intent before the request",
  "waits until nothing of a dead sender can be on its way",
  "leaves a token in doubt alone while the access token works",
  "repeats a lost request at once within the grace",
  "repeats nothing after the grace",
  "an earlier doubt outlives a later failure",
  "stores only over the lineage that it presented",
  "a login is a generation of its own",
  "stores, then shows",
  "keeps an answer that the storage does not take",
  "looks again before it says that consent is needed",
  "revokes what came after a logout",
  "sends nothing under a lock that is too old",
] as const;

export type Rule = (typeof rules)[number];

/** How the model's world is set up. */
export interface Setting {
  readonly server: ServerKind;
  /** True: the lock is a lease, which ends by itself. False: the kernel's, which ends with its holder. */
  readonly lease: boolean;
  /** True: an answer may take longer than the window. */
  readonly slow: boolean;
  readonly without: Rule | null;
}

export function holds(setting: Setting, rule: Rule): boolean {
  return setting.without !== rule;
}

const handlings: Readonly<Record<ServerKind, RefreshHandling>> = {
  strict: handling({ reuse: "strict" }),
  grace: handling({ reuse: "grace", grace_seconds: 10 }),
  not_rotating: handling({ rotates_refresh_token: false }),
};

function handling(more: Partial<RefreshHandling>): RefreshHandling {
  return {
    strategy: "model",
    expires_in_field: "expires_in",
    expires_at_field: null,
    refresh_grant: "standard_refresh_token",
    rotates_refresh_token: true,
    notes: [],
    reuse: "unknown",
    grace_seconds: 0,
    processing_bound_seconds: 60,
    invalid_grant_errors: [],
    ...more,
  };
}

/** Seconds since the intent's start, for each age in the model. */
const seconds: readonly [number, number, number] = [0, 10, 70];

/** What the code itself says of each case. */
const verdicts = new Map<string, boolean>();
for (const server of Object.keys(handlings) as ServerKind[]) {
  for (const age of [0, 1, 2] as const) {
    for (const works of [true, false]) {
      const began = { refresh_hash: refreshHash("r") ?? "", started_at_unix: 1_700_000_000 };
      const token_set = { access_token: "a", token_type: "Bearer", refresh_token: "r" };
      const entry: Entry = {
        token_set,
        ttl_seconds: null,
        binding: null,
        generation: "g",
        version: 1,
        updated_at_unix: 0,
        intent: began,
      };
      const said = isInDoubt(handlings[server], entry, began.started_at_unix + seconds[age], works);
      verdicts.set(`${server} ${age} ${works}`, said);
    }
  }
}

export function unsettledRefresh({ rt, intent }: Stored): Begun | null {
  return intent?.rt === rt ? intent : null;
}

/** `isInDoubt` of refresh-profile.ts, as far as its rules are in force. */
export function inDoubt(setting: Setting, entry: Stored): boolean {
  const begun = unsettledRefresh(entry);
  if (begun === null) return false;
  const ask = (age: Age, works: boolean): boolean =>
    verdicts.get(`${setting.server} ${age} ${works}`) ?? false;
  const worksAsked =
    entry.life < 2 && holds(setting, "leaves a token in doubt alone while the access token works");
  const waits = holds(setting, "waits until nothing of a dead sender can be on its way");
  if (!waits && begun.age === 1) return ask(2, worksAsked);
  return ask(begun.age, worksAsked);
}

/** The age at which an intent begins: a strict provider has no window. */
export function firstAge(server: ServerKind): Age {
  return repeatRule(handlings[server]).windowSeconds === 0 ? 1 : 0;
}

/** How often a lost request is repeated at once. */
export function repeatsOf(setting: Setting): number {
  return holds(setting, "repeats a lost request at once within the grace")
    ? repeatRule(handlings[setting.server]).repeats
    : 0;
}
