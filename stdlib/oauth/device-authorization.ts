/**
 * Judges what a device authorization endpoint answered (RFC 8628 §3.2). Pure.
 *
 * @module
 */

import { isLoopback } from "./endpoint-url.ts";
import { errorAnswer } from "./error-answer.ts";
import type { ProviderAnswer } from "./errors.ts";
import { isJsonObject, type JsonValue, readJson } from "./strict-json.ts";
import { mediaType, type RawAnswer } from "./token-response.ts";

/** Seconds. */
export const deviceLimits = {
  defaultInterval: 5,
  shortestInterval: 1,
  longestInterval: 60,
  defaultLifetime: 900,
  longestLifetime: 3_600,
} as const;

export interface DeviceAuthorization {
  readonly device_code: string;
  readonly user_code: string;
  /** As a person should see it: an international host name in punycode. */
  readonly verification_uri: string;
  /** Null when there is none, or when it leads to another origin than `verification_uri`. */
  readonly verification_uri_complete: string | null;
  readonly interval: number;
  readonly lifetime: number;
}

export const deviceRefusals = {
  status: "the device authorization endpoint answered success with a status other than 200",
  content_type: "the device authorization response is not JSON by its content type",
  not_json: "the device authorization response is not one JSON object",
  device_code: "the device authorization response has no usable device_code",
  user_code: "the device authorization response has no usable user_code",
  verification_uri: "the device authorization response has no verification_uri that a person should open",
  interval: "the device authorization response has an interval that is not a number",
  expires_in: "the device authorization response has an expires_in that is not a number",
} as const;

export type DeviceRefusal = keyof typeof deviceRefusals;

export type DeviceAuthorizationResponse =
  | { readonly kind: "granted"; readonly authorization: DeviceAuthorization }
  | { readonly kind: "refused"; readonly answer: ProviderAnswer }
  | { readonly kind: "unavailable"; readonly answer: ProviderAnswer; readonly retryAfter: string | null }
  | { readonly kind: "invalid"; readonly reason: DeviceRefusal; readonly status: number };

/** Judges the answer. Google's `verification_url` counts as `verification_uri`. */
export function judgeDeviceAuthorization(raw: RawAnswer): DeviceAuthorizationResponse {
  const { status } = raw;
  const invalid = (reason: DeviceRefusal): DeviceAuthorizationResponse => ({
    kind: "invalid",
    reason,
    status,
  });
  if (status >= 201 && status < 400) return invalid("status");
  const parsed = readJson(raw.body);
  const answer: JsonValue | undefined = parsed.ok ? parsed.value : undefined;
  if (status !== 200) return refusal(raw, answer);
  if (mediaType(raw.headers["content-type"]) !== "application/json") return invalid("content_type");
  if (!isJsonObject(answer)) return invalid("not_json");
  if (answer.error !== undefined) return refusal(raw, answer);
  const { device_code, user_code } = answer;
  if (!isPrintable(device_code, 4_096)) return invalid("device_code");
  if (!isPrintable(user_code, 128)) return invalid("user_code");
  const uri = verificationUri(answer.verification_uri ?? answer.verification_url);
  if (uri === null) return invalid("verification_uri");
  const interval = numberOr(answer.interval, deviceLimits.defaultInterval);
  if (interval === null) return invalid("interval");
  const lifetime = numberOr(answer.expires_in, deviceLimits.defaultLifetime);
  if (lifetime === null) return invalid("expires_in");
  const complete = verificationUri(answer.verification_uri_complete);
  return {
    kind: "granted",
    authorization: {
      device_code,
      user_code,
      verification_uri: uri.href,
      verification_uri_complete: complete !== null && complete.origin === uri.origin ? complete.href : null,
      interval: Math.min(Math.max(interval, deviceLimits.shortestInterval), deviceLimits.longestInterval),
      lifetime: Math.min(lifetime, deviceLimits.longestLifetime),
    },
  };
}

function refusal(raw: RawAnswer, value: JsonValue | undefined): DeviceAuthorizationResponse {
  const answer = errorAnswer(raw.status, value);
  if (raw.status < 500 && raw.status !== 408 && raw.status !== 429) return { kind: "refused", answer };
  return { kind: "unavailable", answer, retryAfter: raw.headers["retry-after"] ?? null };
}

function isPrintable(value: JsonValue | undefined, longest: number): value is string {
  return typeof value === "string" && value.length <= longest && /^[ -~]+$/.test(value);
}

/** https (http on loopback only) without userinfo, spelt without characters that a person does not see (RFC 8628 §5.4). */
function verificationUri(value: JsonValue | undefined): URL | null {
  if (typeof value !== "string" || value.length > 2_048) return null;
  if (!/^https?:\/\/[^/?#@\\]+(?:[/?#]|$)/i.test(value) || /[\p{C}\p{Z}\\]/u.test(value)) return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  return url?.protocol === "https:" || isLoopback(url?.hostname ?? "") ? url : null;
}

/** Missing, zero and negative give the default; null when it is no number. */
function numberOr(value: JsonValue | undefined, otherwise: number): number | null {
  if (value === undefined) return otherwise;
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  return value > 0 ? value : otherwise;
}
