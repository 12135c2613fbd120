/**
 * Decides, without any I/O, whether a request may leave and in what form.
 *
 * @module
 */

import type { Carried, HttpFailureKind, HttpRequest, Seal } from "../ports.ts";
import { mentionsCapsule } from "./capsule.ts";
import { judgeDestination } from "./destination.ts";
import { HttpFailureError, type HttpFailureReason } from "./http-failure.ts";
import type { InFlight } from "./in-flight.ts";
import type { NetPolicy, Reach } from "./net-policy.ts";
import { judgeRequestHead } from "./request-head.ts";

/** What a run may reach, and who is told when it tries more. */
export interface EgressContext {
  readonly policy: NetPolicy;
  readonly seal: Pick<Seal, "open">;
  /** What the requests may hold in memory together; left out, as much as each asks for. */
  readonly inFlight?: InFlight;
  /** Called when a destination or a credential is refused. `origin` is empty when the URL has none. */
  onRefused?(refusal: { kind: HttpFailureKind; method: string; origin: string }): void;
  /** Called when a sealed token stands where it is not opened; it goes out sealed. */
  onSealedElsewhere?(where: "url" | "header" | "body", origin: string): void;
}

/** A request that may leave. `fields` hold the opened credential. */
export interface Admitted {
  readonly url: URL;
  readonly method: string;
  readonly fields: ReadonlyMap<string, string>;
  /** What was sealed in the credential; null without one. */
  readonly carried: Carried | null;
  readonly body: Uint8Array | null;
  readonly reach: Reach;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** The limits of a request that names none. */
export const requestDefaults: { readonly timeoutMs: number; readonly maxBytes: number } = {
  timeoutMs: 30_000,
  maxBytes: 10 * 1024 * 1024,
};

/**
 * Checks a request against its context and opens the sealed token in its `Authorization` field, if there is one.
 * @throws HttpFailureError url_refused, invalid_request, not_granted, credential_refused; nothing was sent.
 */
export function admit(request: HttpRequest, context: EgressContext): Admitted {
  const head = judgeRequestHead(request.method, request.headers);
  const { method } = head;
  const destination = judgeDestination(request.url);
  const origin = destination.ok ? destination.url.origin : destination.origin;
  const refuse = (kind: HttpFailureKind, reason?: HttpFailureReason): never => {
    if (kind !== "invalid_request") context.onRefused?.({ kind, method, origin });
    throw new HttpFailureError(kind, { method, origin, reason });
  };
  if (!destination.ok) return refuse("url_refused", destination.reason);
  if (!head.ok) return refuse("invalid_request", head.reason);
  const { url } = destination;
  const body = bytesOf(request.body);
  if (body === undefined) return refuse("invalid_request", "body");
  const timeoutMs = request.timeoutMs ?? requestDefaults.timeoutMs;
  const maxBytes = request.maxBytes ?? requestDefaults.maxBytes;
  if (!(timeoutMs > 0) || !(maxBytes > 0)) return refuse("invalid_request", "limits");

  const reach = request.reach ?? "granted";
  if (reach !== "catalogue" && !context.policy.allows(url)) return refuse("not_granted");
  const bound = request.credential?.origins;
  if (bound && !bound.includes(origin)) return refuse("credential_refused", "foreign_origin");

  const fields = new Map(head.fields);
  let carried: Carried | null = null;
  const authorization = fields.get("authorization");
  if (authorization !== undefined) {
    const opened = openAuthorization(authorization, origin, context.seal);
    if (!opened.ok) return refuse("credential_refused", opened.reason);
    // What was sealed comes from a provider or an environment, so it is checked like any other value.
    const checked = judgeRequestHead(method, { authorization: opened.value });
    if (!checked.ok) return refuse("invalid_request", checked.reason);
    fields.set("authorization", opened.value);
    carried = opened.carried;
  }
  if (context.onSealedElsewhere)
    reportSealed(url, head.fields, body, (where) => context.onSealedElsewhere?.(where, origin));

  // Only what we can undo within the cap is asked for, whatever the caller wanted.
  fields.set("accept-encoding", "identity");
  if (!fields.has("user-agent")) fields.set("user-agent", "holdfast");
  return { url, method, fields, carried, body, reach, timeoutMs, maxBytes };
}

type Opened =
  | { readonly ok: true; readonly value: string; readonly carried: Carried | null }
  | { readonly ok: false; readonly reason: HttpFailureReason };

function openAuthorization(value: string, origin: string, seal: Pick<Seal, "open">): Opened {
  if (!value.includes("hfs1.")) return { ok: true, value, carried: null };
  const [, scheme, capsule] = /^(bearer|dpop|token) (hfs1\.[A-Za-z0-9_-]*)$/i.exec(value) ?? [];
  if (scheme === undefined || capsule === undefined) return { ok: false, reason: "capsule_scheme" };
  let opened: ReturnType<Seal["open"]>;
  try {
    opened = seal.open(capsule);
  } catch {
    return { ok: false, reason: "capsule_broken" };
  }
  const { binding } = opened;
  if (binding === null) return { ok: false, reason: "capsule_broken" };
  if (binding.kind !== "access_token" && binding.kind !== "env") return { ok: false, reason: "capsule_kind" };
  if (!binding.origins.includes(origin)) return { ok: false, reason: "foreign_origin" };
  const { value: secret } = opened;
  return { ok: true, value: `${scheme} ${secret}`, carried: { value: secret, name: binding.kind } };
}

function reportSealed(
  url: URL,
  fields: ReadonlyMap<string, string>,
  body: Uint8Array | null,
  report: (where: "url" | "header" | "body") => void,
): void {
  if (mentionsCapsule(url.href)) report("url");
  for (const [name, value] of fields) {
    if (name === "authorization" || !mentionsCapsule(value)) continue;
    report("header");
    break;
  }
  if (body && mentionsCapsule(body)) report("body");
}

/** The body's bytes, null for none, undefined when it is neither text nor bytes. */
function bytesOf(body: unknown): Uint8Array | null | undefined {
  if (body === undefined || body === null) return null;
  if (typeof body === "string") return new TextEncoder().encode(body);
  return body instanceof Uint8Array ? body : undefined;
}
