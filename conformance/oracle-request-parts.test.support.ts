/** A request taken apart, so that two can be compared part by part: values that are new each time give way to their kind. */

import { decodeJwt, decodeProtectedHeader } from "jose";
import type { RecordedRequest } from "./oracle-recorder.test.support.ts";

/** Part by part: `method`, `header accept`, `parameter scope`, `assertion claim aud`, … */
export type Parts = ReadonlyMap<string, string>;

/** Different for every request or connection, and no decision of a client. */
const ignored = new Set(["host", "content-length"]);

/** Takes a request apart. `issuer` is written as that word, since its port changes. */
export function partsOf(request: RecordedRequest, issuer: string): Parts {
  const parts = new Map<string, string>([
    ["method", request.method],
    ["path", request.path],
  ]);
  const put = (part: string, value: string): void => {
    parts.set(part, value.replaceAll(issuer, "<issuer>"));
  };
  for (const [name, value] of Object.entries(request.headers)) {
    if (ignored.has(name)) continue;
    if (name === "dpop") putJwt(put, "proof", value);
    else if (name === "authorization") put("header authorization", readable(value));
    else put(`header ${name}`, value);
  }
  for (const pair of `${request.query}&${request.body}`.split("&").filter((text) => text !== "")) {
    const [name = "", raw = ""] = pair.split("=");
    const value = new URLSearchParams(pair).get(name) ?? "";
    if (name === "client_assertion") putJwt(put, "assertion", value);
    else put(`parameter ${name}`, kindOf(name, value));
    if (raw.includes("+")) put("a space in a parameter", "+");
    else if (raw.includes("%20")) put("a space in a parameter", "%20");
  }
  return parts;
}

/** The URL that a person is sent to, as the request that it becomes. */
export function visitOf(url: string): RecordedRequest {
  const { pathname, search } = new URL(url);
  return { method: "GET", path: pathname, query: search.slice(1), headers: {}, body: "" };
}

function putJwt(put: (part: string, value: string) => void, what: string, jwt: string): void {
  for (const [name, value] of Object.entries(decodeProtectedHeader(jwt)))
    put(
      `${what} header ${name}`,
      name === "jwk"
        ? Object.keys(value as object)
            .toSorted()
            .join(", ")
        : JSON.stringify(value),
    );
  const claims = decodeJwt(jwt);
  for (const [name, value] of Object.entries(claims))
    put(`${what} claim ${name}`, claimKind(name, value, claims.iat));
}

function claimKind(name: string, value: unknown, issuedAt = 0): string {
  if (name === "iat") return "now";
  if (name === "exp" || name === "nbf") return `iat + ${Number(value) - issuedAt} s`;
  if (name === "jti" || name === "ath") return kindOf(name, String(value));
  return JSON.stringify(value);
}

const random = new Set(["state", "nonce", "code_challenge", "code_verifier", "jti", "ath", "dpop_jkt"]);

function kindOf(name: string, value: string): string {
  if (!random.has(name)) return value;
  return /^[\w-]+$/.test(value) ? `${value.length} characters of base64url` : value;
}

/** Basic credentials as the text under their Base64. */
function readable(authorization: string): string {
  const [scheme = "", value = ""] = authorization.split(" ");
  return scheme === "Basic" ? `Basic of ${Buffer.from(value, "base64").toString("latin1")}` : authorization;
}

export interface Difference {
  readonly part: string;
  /** Null: not there. */
  readonly ours: string | null;
  readonly theirs: string | null;
}

/** Where two requests differ, in the order of the parts' names. A whole JWT that one of them lacks is one difference. */
export function differences(ours: Parts, theirs: Parts): readonly Difference[] {
  const [mine, others] = ["proof", "assertion"].reduce(
    ([one, other], what) =>
      has(one, what) === has(other, what) ? [one, other] : [folded(one, what), folded(other, what)],
    [ours, theirs],
  );
  const names = [...new Set([...(mine?.keys() ?? []), ...(others?.keys() ?? [])])].toSorted();
  return names
    .map((part) => ({ part, ours: mine?.get(part) ?? null, theirs: others?.get(part) ?? null }))
    .filter((pair) => pair.ours !== pair.theirs);
}

function has(parts: Parts, what: string): boolean {
  return [...parts.keys()].some((part) => part.startsWith(`${what} `));
}

function folded(parts: Parts, what: string): Parts {
  const rest = [...parts].filter(([part]) => !part.startsWith(`${what} `));
  return new Map(has(parts, what) ? [...rest, [what, "sent"]] : rest);
}
