/**
 * Judges what a token endpoint answered (RFC 6749 §5). Pure: status, headers, bytes and the provider's rules in, a
 * tagged result out.
 *
 * @module
 */

import { errorAnswer } from "./error-answer.ts";
import type { ProviderAnswer } from "./errors.ts";
import type { ResponseRules } from "./providers/record.ts";
import { isJsonObject, type JsonObject, type JsonValue, readJson } from "./strict-json.ts";

export const tokenResponseLimits: {
  readonly maxBytes: number;
  readonly maxTokenLength: number;
  readonly maxLifetime: number;
} = {
  /** Of the decoded body. */
  maxBytes: 1024 * 1024,
  maxTokenLength: 64 * 1024,
  /** Ten years in seconds; a longer life is cut to it. */
  maxLifetime: 315_360_000,
};

/** The allow-listed members of a successful answer. */
export interface GrantedMembers {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in?: number;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly scopes?: readonly string[];
  /** RFC 8693 §2.2.1. */
  readonly issued_token_type?: string;
}

/** Why an answer was refused by us. The messages are ours; nothing foreign is in them. */
export const tokenResponseRefusals = {
  redirect: "the token endpoint answered with a redirect",
  status: "the token endpoint answered success with an unexpected status",
  content_type: "the token response is not JSON by its content type",
  too_large: "the token response is too large",
  not_utf8: "the token response is not UTF-8",
  not_json: "the token response is not JSON",
  too_deep: "the token response is nested too deeply",
  duplicate_member: "the token response has a member twice",
  not_an_object: "the token response is not a JSON object",
  access_token: "the token response has no usable access_token",
  refresh_token: "the token response has an unusable refresh_token",
  same_token: "the token response has the same refresh token and access token",
  id_token: "the token response has an unusable id_token",
  token_type: "the token response has an unknown token_type",
  not_bound: "the token response is not of token_type DPoP although the request was proven",
  expires_in: "the token response has an unusable expires_in",
  scope: "the token response has an unusable scope",
  issued_token_type: "the token response has an unusable issued_token_type",
  repeated_token: "the token response repeats a token in a member that is no secret",
} as const;

export type TokenResponseRefusal = keyof typeof tokenResponseRefusals;

export type TokenResponse =
  | { readonly kind: "granted"; readonly members: GrantedMembers }
  /** The provider said no. */
  | { readonly kind: "refused"; readonly answer: ProviderAnswer }
  /** The provider cannot answer now (5xx, 408, 429, `temporarily_unavailable`, `server_error`). */
  | { readonly kind: "unavailable"; readonly answer: ProviderAnswer; readonly retryAfter: string | null }
  | { readonly kind: "invalid"; readonly reason: TokenResponseRefusal; readonly status: number };

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * Judges an answer. Success is status 200 (or another that the rules list) with a JSON content type (or a form, where the rules say so) and
 * an object without `error`; `error` wins over `access_token`. `proven`: a DPoP proof was sent, so the token must be bound to
 * its key (RFC 9449 §5); without one it may not be. `presented` is the refresh token that was sent: it may not come back as
 * the access token.
 */
export function judgeTokenResponse(
  raw: RawAnswer,
  rules: ResponseRules,
  proven = false,
  presented: string | null = null,
): TokenResponse {
  const { status } = raw;
  if (raw.body.length > tokenResponseLimits.maxBytes) return { kind: "invalid", reason: "too_large", status };
  if (status >= 300 && status < 400) return { kind: "invalid", reason: "redirect", status };
  const media = mediaType(raw.headers["content-type"]);
  const form = media === "application/x-www-form-urlencoded" && rules.format === "json_or_form";
  const parsed = form ? readForm(raw.body) : readJson(raw.body);
  if (!rules.success_statuses.includes(status)) {
    if (status >= 200 && status < 300) return { kind: "invalid", reason: "status", status };
    return refusal(raw, parsed.ok ? parsed.value : undefined);
  }
  if (!form && media !== "application/json") return { kind: "invalid", reason: "content_type", status };
  if (!parsed.ok) return { kind: "invalid", reason: parsed.reason, status };
  if (!isJsonObject(parsed.value)) return { kind: "invalid", reason: "not_an_object", status };
  const answer = parsed.value;
  const ok = rules.ok_member === null ? undefined : answer[rules.ok_member];
  // "false", 0 and null are no success either.
  const failed = ok !== undefined && ok !== true;
  if (failed || answer.error !== undefined) return refusal(raw, answer);
  const nested = rules.nested_member === null ? undefined : answer[rules.nested_member];
  const holder = answer.access_token === undefined && isJsonObject(nested) ? nested : answer;
  const members = tokenMembers(holder, rules, proven, presented);
  return typeof members === "string"
    ? { kind: "invalid", reason: members, status }
    : { kind: "granted", members };
}

/** The media type of a Content-Type value, lower case, without parameters. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function refusal(raw: RawAnswer, value: JsonValue | undefined): TokenResponse {
  const answer = errorAnswer(raw.status, value);
  const unavailable =
    raw.status >= 500 ||
    raw.status === 408 ||
    raw.status === 429 ||
    answer.error === "temporarily_unavailable" ||
    answer.error === "server_error";
  if (unavailable) return { kind: "unavailable", answer, retryAfter: raw.headers["retry-after"] ?? null };
  return { kind: "refused", answer };
}

function tokenMembers(
  answer: JsonObject,
  rules: ResponseRules,
  proven: boolean,
  presented: string | null,
): GrantedMembers | TokenResponseRefusal {
  const { access_token, refresh_token, id_token } = answer;
  if (!isToken(access_token)) return "access_token";
  if (refresh_token !== undefined && !isToken(refresh_token)) return "refresh_token";
  // Such a refresh token would be shown to every API that sees the access token.
  if (access_token === refresh_token || access_token === presented) return "same_token";
  if (id_token !== undefined && !isToken(id_token)) return "id_token";
  const token_type = tokenType(answer.token_type, rules, proven);
  if (token_type === null) return "token_type";
  // The caller asked for a token that a thief cannot use.
  if (proven && token_type.toLowerCase() === "bearer") return "not_bound";
  const expires_in = lifetime(answer.expires_in);
  if (expires_in === null) return "expires_in";
  const scopes = scopeList(answer.scope, rules.scope_separator);
  if (scopes === null) return "scope";
  const { issued_token_type } = answer;
  if (issued_token_type !== undefined && !isToken(issued_token_type)) return "issued_token_type";
  // Both are shown to the script as they are.
  const shown = `${scopes?.join(" ") ?? ""} ${issued_token_type ?? ""}`;
  if ([access_token, refresh_token, id_token].some((token) => isNoWord(token) && shown.includes(token)))
    return "repeated_token";
  return {
    access_token,
    token_type,
    ...(expires_in === undefined ? {} : { expires_in }),
    ...(refresh_token === undefined ? {} : { refresh_token }),
    ...(id_token === undefined ? {} : { id_token }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(issued_token_type === undefined ? {} : { issued_token_type }),
  };
}

/**
 * Printable ASCII without the space: safe in a header as it is (RFC 6749 appendix A.12 is wider by the space). What looks like a
 * capsule of this host is no token: where capsules are opened it would stand for another secret.
 */
function isToken(value: JsonValue | undefined): value is string {
  return (
    typeof value === "string" &&
    value.length <= tokenResponseLimits.maxTokenLength &&
    /^[!-~]+$/.test(value) &&
    !value.startsWith("hfs1.")
  );
}

/** Long enough not to occur in a scope's name by chance; the redactor looks for nothing shorter either. */
function isNoWord(token: string | undefined): token is string {
  return token !== undefined && token.length >= 8;
}

/**
 * As the server spelt it when it means Bearer, which nothing at all also does, or DPoP, of which we must have the key; null
 * for every other type.
 */
function tokenType(value: JsonValue | undefined, rules: ResponseRules, proven: boolean): string | null {
  if (value === undefined) return "Bearer";
  if (typeof value !== "string") return null;
  const lower = value.toLowerCase();
  if (lower === "bearer" || (lower === "dpop" && proven)) return value;
  return Object.hasOwn(rules.token_types, lower) ? (rules.token_types[lower] ?? null) : null;
}

/** Whole seconds; undefined when the server said nothing; null when what it said is no lifetime. */
function lifetime(value: JsonValue | undefined): number | null | undefined {
  if (value === undefined) return undefined;
  const digits = typeof value === "string" && /^[0-9]+$/.test(value);
  const seconds = digits ? Number(value) : value;
  if (typeof seconds !== "number" || seconds < 0) return null;
  if (!digits && !Number.isInteger(seconds)) return null;
  return Math.min(seconds, tokenResponseLimits.maxLifetime);
}

function scopeList(value: JsonValue | undefined, separator: " " | ","): readonly string[] | null | undefined {
  if (value === undefined) return undefined;
  // RFC 6749 §3.3 with the space between; providers that use commas may put a space after them.
  if (typeof value !== "string" || !/^[ !#-[\]-~]*$/.test(value)) return null;
  if (value.length > tokenResponseLimits.maxTokenLength) return null;
  return value.split(separator === "," ? /[ ,]+/ : / +/).filter((scope) => scope !== "");
}

function readForm(bytes: Uint8Array): ReturnType<typeof readJson> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { ok: false, reason: "not_utf8" };
  }
  const members: Record<string, JsonValue> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in members) return { ok: false, reason: "duplicate_member" };
    members[name] = value;
  }
  return { ok: true, value: members };
}
