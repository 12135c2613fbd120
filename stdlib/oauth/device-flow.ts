/**
 * `std/oauth/device_flow`: log in on a device without a browser (RFC 8628).
 *
 * @module
 */

import type { Ports } from "../../runtime/ports.ts";
import { answerError } from "./answer-error.ts";
import { loginEntry } from "./bound-entry.ts";
import type { ProviderLike } from "./client.ts";
import { type ClientContext, emitEvent, nowSeconds } from "./client-context.ts";
import { type CommonOptions, clientContext, commonOptionNames } from "./client-options.ts";
import {
  type DeviceAuthorization,
  deviceRefusals,
  judgeDeviceAuthorization,
} from "./device-authorization.ts";
import { type DpopKey, newDpopKey } from "./dpop-key.ts";
import { OAuthError } from "./errors.ts";
import { checkedClaims } from "./id-token-validation.ts";
import { storeLogin } from "./login.ts";
import { revokeUnheld } from "./revoke.ts";
import { judgeTokenResponse, type TokenResponse } from "./token-response.ts";
import type { TokenSet } from "./token-set.ts";
import { tokenSetOf, tokenShape } from "./token-set-of.ts";
import { callEndpoint, endpointTimeoutMs } from "./transport.ts";

/** The options of `device_flow`. */
export interface DeviceFlowOptions extends CommonOptions {
  /**
   * Shows the person where to go and what to enter. Waited for; what it throws ends the flow. Default: one line in the
   * run's log. The third argument is null when the provider sent none that is safe to open.
   */
  readonly on_user_code?:
    | ((user_code: string, verification_uri: string, verification_uri_complete: string | null) => unknown)
    | null;
}

/** The functions of `std/oauth/device_flow`. */
export interface DeviceFlowModule {
  /**
   * Runs the whole flow: asks for codes, shows them, polls until the person has agreed, stores the tokens and answers
   * them. Ends at once when the run is cancelled.
   *
   * Throws HARN-OAU-008 when the person said no or the code expired, 012 when the provider refused the client, 006 for
   * an answer refused by us, 003 when the first request could not be made, 011 for options, 010 from the storage.
   */
  readonly device_flow: (provider: ProviderLike, opts: DeviceFlowOptions) => Promise<TokenSet>;
}

const grantType = "urn:ietf:params:oauth:grant-type:device_code";
const slowDownSeconds = 5;
/** The longest pause between two polls that failures alone can cause, in seconds. */
const longestBackOff = 60;

/** Makes the module over its ports. */
export function deviceFlowModule(ports: Ports): DeviceFlowModule {
  return {
    device_flow: async (provider, opts) => {
      const allowed = [...commonOptionNames, "on_user_code"];
      const { context, options } = clientContext("device_flow", ports, provider, opts, allowed);
      const show = options.on_user_code ?? null;
      if (show !== null && typeof show !== "function") throw invalid("on_user_code must be a function");
      if (context.provider.device_code_url === null) {
        throw invalid("this provider has no device_code_url, so it has no device flow");
      }
      try {
        return await run(
          context,
          context.provider.device_code_url,
          show as DeviceFlowOptions["on_user_code"],
        );
      } catch (error) {
        emitEvent(context, "exchange_failed", { code: error instanceof OAuthError ? error.code : null });
        throw error;
      }
    },
  };
}

async function run(
  context: ClientContext,
  deviceCodeUrl: string,
  show: DeviceFlowOptions["on_user_code"],
): Promise<TokenSet> {
  const authorization = await authorize(context, deviceCodeUrl);
  const startedAt = context.ports.clock.now();
  const { user_code, verification_uri, verification_uri_complete } = authorization;
  if (show) await show(user_code, verification_uri, verification_uri_complete);
  else {
    context.ports.log.write(
      "info",
      `To sign in to ${context.provider.label}, open ${verification_uri} and enter the code ${user_code}. ` +
        "Do this only if you started it yourself.",
    );
  }
  const dpopKey = context.dpop ? newDpopKey(context.ports) : null;
  const { response, issuedAt } = await poll(context, authorization, startedAt, dpopKey);
  const { id_token, access_token } = response.members;
  if (id_token !== undefined && context.scopes.includes("openid")) {
    const since = Math.floor(startedAt / 1000);
    checkedClaims(context, id_token, { nonce: null, since, access_token, code: null });
  }
  const { shown, stored } = await storeLogin(context, response.members, issuedAt, dpopKey);
  emitEvent(context, "token_obtained", { next: tokenShape(stored) });
  return shown;
}

/** The device authorization request (RFC 8628 §3.1). */
async function authorize(context: ClientContext, deviceCodeUrl: string): Promise<DeviceAuthorization> {
  const { scopes, provider, audience, resource, ports } = context;
  const result = await callEndpoint(context, {
    endpoint: "device_code_url",
    url: deviceCodeUrl,
    parameters: [
      ["scope", scopes.length === 0 ? null : scopes.join(provider.scope_separator)],
      ["audience", audience],
      ...resource.map((item) => ["resource", item] as const),
    ],
    authenticate: true,
    format: "form",
    timeoutMs: context.timeoutMs ?? endpointTimeoutMs,
    signal: ports.run.signal,
  });
  if (!result.ok) throw result.error;
  const response = judgeDeviceAuthorization(result.answer);
  if (response.kind === "invalid") {
    throw new OAuthError(
      "HARN-OAU-006",
      `std/oauth/device_flow: ${deviceRefusals[response.reason]}`,
      "Check the device_code_url in the provider record.",
      { details: { status: response.status } },
    );
  }
  if (response.kind !== "granted") throw answerError(context, response);
  ports.redactor.register(response.authorization.device_code, "device_code");
  return response.authorization;
}

type Granted = Extract<TokenResponse, { kind: "granted" }>;

/** Polls the token endpoint until it decides or the codes expire (RFC 8628 §3.4, §3.5). */
async function poll(
  context: ClientContext,
  authorization: DeviceAuthorization,
  startedAt: number,
  dpopKey: DpopKey | null,
): Promise<{ response: Granted; issuedAt: number }> {
  const { clock, run } = context.ports;
  const deadline = startedAt + authorization.lifetime * 1000;
  let interval = authorization.interval;
  let failures = 0;
  for (;;) {
    const pause =
      failures === 0 ? interval : Math.max(interval, Math.min(interval * 2 ** failures, longestBackOff));
    if (clock.now() + pause * 1000 > deadline) throw expired();
    await clock.sleep(pause * 1000, run.signal).catch(() => {
      throw cancelled();
    });
    const issuedAt = nowSeconds(context.ports);
    const asked = askForToken(context, authorization.device_code, dpopKey, deadline - clock.now());
    run.outlive(asked.then((late) => discardIfCancelled(context, late, issuedAt)));
    const response = await orCancelled(asked, run.signal);
    if (response === null) {
      failures += 1;
      continue;
    }
    if (response.kind === "granted") return { response, issuedAt };
    const error = "answer" in response ? response.answer.error : undefined;
    if (error === "authorization_pending" || error === "slow_down") failures = 0;
    if (error === "authorization_pending") continue;
    if (error === "slow_down") {
      interval += slowDownSeconds;
      continue;
    }
    if (response.kind !== "unavailable") throw answerError(context, response);
    failures += 1;
  }
}

/** Tokens that arrive after the flow was cancelled are revoked: nobody will hold them. */
async function discardIfCancelled(
  context: ClientContext,
  response: TokenResponse | null,
  issuedAt: number,
): Promise<void> {
  if (!context.ports.run.signal.aborted || response?.kind !== "granted") return;
  const token_set = tokenSetOf(response.members, issuedAt, context.scopes, null);
  await revokeUnheld(context, loginEntry(context, token_set));
}

/** What `work` answers, or the cancellation when that comes first. */
async function orCancelled<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let forget: (() => void) | undefined;
  const end = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(cancelled());
    signal.addEventListener("abort", onAbort, { once: true });
    forget = () => signal.removeEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    const answer = await Promise.race([work, end]);
    if (signal.aborted) throw cancelled();
    return answer;
  } finally {
    forget?.();
  }
}

/** One poll; null when the network failed, which is tried again. */
async function askForToken(
  context: ClientContext,
  device_code: string,
  dpopKey: DpopKey | null,
  remainingMs: number,
): Promise<TokenResponse | null> {
  const { provider, ports, resource } = context;
  const result = await callEndpoint(context, {
    endpoint: "token_url",
    url: provider.token_url,
    parameters: [
      ["grant_type", grantType],
      ["device_code", device_code],
      // RFC 8707 §2.2: a server that knows several resources asks again which one the token is for.
      ...resource.map((item) => ["resource", item] as const),
    ],
    authenticate: true,
    format: provider.token_body_format,
    dpopKey,
    timeoutMs: Math.max(1, Math.min(context.timeoutMs ?? endpointTimeoutMs, remainingMs)),
    // Once it was sent the answer is wanted in any case: what it grants must be revoked.
    untilSent: ports.run.signal,
  });
  if (result.ok) return judgeTokenResponse(result.answer, provider.response, dpopKey !== null);
  if (result.error.retryable) return null;
  throw result.error;
}

function expired(): OAuthError {
  return new OAuthError(
    "HARN-OAU-008",
    "std/oauth/device_flow: the device code expired before the person agreed",
    "Start again when the person is ready to agree.",
  );
}

function cancelled(): OAuthError {
  return new OAuthError("HARN-OAU-003", "std/oauth/device_flow: cancelled", "Start again.", {
    retryable: false,
  });
}

function invalid(why: string): OAuthError {
  return new OAuthError("HARN-OAU-011", `std/oauth/device_flow: ${why}`, "See the options of device_flow.");
}
