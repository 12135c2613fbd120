/**
 * The deliberate faults of the mutation check. Each must be caught by at least one conformance case; one that is not
 * names a case that is missing.
 *
 * @module
 */

import { attackAMutants } from "./attack-a-mutants.ts";
import { attackBMutants } from "./attack-b-mutants.ts";
import { attackCMutants } from "./attack-c-mutants.ts";
import { attackDMutants } from "./attack-d-mutants.ts";
import { attackEMutants } from "./attack-e-mutants.ts";
import { attackFMutants } from "./attack-f-mutants.ts";
import { attackFLoginMutants } from "./attack-f-login-mutants.ts";
import { attackHMutants } from "./attack-h-mutants.ts";
import { attackIMutants } from "./attack-i-mutants.ts";
import { attackJMutants } from "./attack-j-mutants.ts";
import { attackKMutants } from "./attack-k-mutants.ts";
import { attackLMutants } from "./attack-l-mutants.ts";
import { attackMMutants } from "./attack-m-mutants.ts";
import { attackNMutants } from "./attack-n-mutants.ts";
import { attackPMutants } from "./attack-p-mutants.ts";
import { attackQMutants } from "./attack-q-mutants.ts";
import { attackSMutants } from "./attack-s-mutants.ts";
import { exchangeMutants } from "./exchange-mutants.ts";
import { loginMutants } from "./login-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { registrationMutants } from "./registration-mutants.ts";
import { resourceMutants } from "./resource-mutants.ts";
import { shownMutants } from "./shown-mutants.ts";
import { storageMutants } from "./storage-mutants.ts";
import { tokenMutants } from "./token-mutants.ts";

const oauth = "stdlib/oauth";

export const mutants: readonly Mutant[] = [
  ...loginMutants,
  ...tokenMutants,
  ...resourceMutants,
  ...storageMutants,
  ...shownMutants,
  ...registrationMutants,
  ...exchangeMutants,
  {
    name: "skips the state check",
    file: `${oauth}/authorization.js`,
    find: "return a.length === b.length && timingSafeEqual(a, b);",
    replace: "return timingSafeEqual(a, a) || b.length > 0;",
    short: true,
  },
  {
    name: "lets an attempt be used twice",
    file: `${oauth}/authorization.js`,
    find: "if (attempts.isUsed(state))",
    replace: "if (false)",
  },
  {
    name: "lets an attempt live for ever",
    file: `${oauth}/authorization.js`,
    find: "export const attemptLifetime = 600;",
    replace: "export const attemptLifetime = 6000000;",
  },
  {
    name: "lets extra parameters override reserved ones",
    file: `${oauth}/authorization.js`,
    find: "if (!reserved.includes(plain))",
    replace: "if (name !== null)",
  },
  {
    name: "sends no PKCE verifier",
    file: `${oauth}/exchange.js`,
    find: '["code_verifier", attempt.verifier],',
    replace: "",
  },
  {
    name: "refreshes at 100 % of the life",
    file: `${oauth}/staleness.js`,
    find: "Math.trunc((lifetime * 3) / 4)",
    replace: "lifetime",
    short: true,
  },
  {
    name: "misses the boundary second of the 75 % rule",
    file: `${oauth}/staleness.js`,
    find: "return now >= set.issued_at_unix + Math.trunc",
    replace: "return now > set.issued_at_unix + Math.trunc",
  },
  {
    name: "drops the old refresh token when the answer has none",
    file: `${oauth}/token-set-of.js`,
    find: "members.refresh_token ?? previous?.refresh_token",
    replace: "members.refresh_token",
    short: true,
  },
  {
    name: "sends the token to any origin",
    file: `${oauth}/request.js`,
    find: "if (!origins.includes(target.origin))",
    replace: "if (false)",
    short: true,
  },
  {
    name: "follows redirects to other origins with the token",
    file: `${oauth}/request.js`,
    find: 'return to.origin === from.origin && to.username === "" && to.password === "" ? to : null;',
    replace: "return to;",
  },
  {
    name: "replays after every 401",
    file: `${oauth}/request.js`,
    find: "const answer = await sendAuthorized(context, request, target, renewed);",
    replace:
      "let answer = await sendAuthorized(context, request, target, renewed); if (answer.status === 401) answer = await sendAuthorized(context, request, target, renewed);",
  },
  {
    name: "throws away the 401 when the refresh fails",
    file: `${oauth}/request.js`,
    find: "return refusal;",
    replace: "throw error;",
  },
  {
    name: "takes every refresh failure for missing consent",
    file: `${oauth}/refresh.js`,
    find: 'if (answer.kind === "refused" && isDeadToken(provider.refresh_handling, answer.answer))',
    replace: 'if (answer.kind === "refused")',
  },
  {
    name: "refreshes without the storage's lock",
    file: `${oauth}/refresh.js`,
    find: "await store.withRefreshLock(storageKey, async (found)",
    replace: "await ((_, body) => body())(storageKey, async (found)",
  },
  {
    name: "refuses a token that still works when the refresh fails for now",
    file: `${oauth}/refresh.js`,
    find: "if (outcome.error.retryable && works())",
    replace: "if (false)",
  },
  {
    name: "writes the stored token into an event",
    file: `${oauth}/refresh.js`,
    find: "admit?.(bound);",
    replace: 'emitEvent(context, "looked", { value: bound.entry.token_set.access_token }); admit?.(bound);',
  },
  {
    name: "does not tell the redactor of received tokens",
    file: `${oauth}/known-tokens.js`,
    find: "this.#redactor.register(value, member)",
    replace: "() => {}",
  },
  {
    name: "shows the script the token as it is",
    file: `${oauth}/bound-entry.js`,
    find: "return context.ports.seal.conceal(value, {",
    replace: "return ((given) => given)(value, {",
    short: true,
  },
  {
    name: "takes a token response of any content type",
    file: `${oauth}/token-response.js`,
    find: 'if (!form && media !== "application/json")',
    replace: "if (false)",
  },
  {
    name: "does not form-encode Basic credentials",
    file: `${oauth}/client-authentication.js`,
    find: "const pair = `${percentEncode(client_id)}:${percentEncode(client_secret)}`;",
    replace: "const pair = `${client_id}:${client_secret}`;",
  },
  {
    name: "revokes the access token only",
    file: `${oauth}/revoke.js`,
    find: '[refresh_token, "refresh_token"],',
    replace: "",
  },
  {
    name: "polls the device flow at once",
    file: `${oauth}/device-flow.js`,
    find: "await clock.sleep(pause * 1000, run.signal)",
    replace: "await clock.sleep(0, run.signal)",
  },
  {
    name: "forgets slow_down after one wait",
    file: `${oauth}/device-flow.js`,
    find: "interval += slowDownSeconds;",
    replace: "failures = 0;",
  },
  ...attackAMutants,
  ...attackBMutants,
  ...attackCMutants,
  ...attackDMutants,
  ...attackEMutants,
  ...attackFMutants,
  ...attackFLoginMutants,
  ...attackHMutants,
  ...attackIMutants,
  ...attackJMutants,
  ...attackKMutants,
  ...attackLMutants,
  ...attackMMutants,
  ...attackNMutants,
  ...attackPMutants,
  ...attackQMutants,
  ...attackSMutants,
];
