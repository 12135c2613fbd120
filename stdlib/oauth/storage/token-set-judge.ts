/**
 * Judges what is to be stored, or came out of a foreign store, as a token set.
 *
 * @module
 */

import { type TokenSet, tokenMembers } from "../token-set.ts";
import { copyJson } from "./json-copy.ts";

export type TokenSetResult =
  | { readonly ok: true; readonly token_set: TokenSet }
  /** `reason` is a sentence of ours that names the rule. */
  | { readonly ok: false; readonly reason: string };

const texts = ["token_type", "refresh_token", "id_token", "issued_token_type", "dpop_key"] as const;
const numbers = ["issued_at_unix", "expires_in", "expires_at_unix"] as const;

/** Longest token, in bytes of UTF-8: the longest secret that can be sealed. */
const longestToken = 128 * 1024;

/**
 * A frozen copy of a token set. Only `access_token` must be there; a known member that is null counts as absent, and
 * members that are not known here are kept as they are.
 */
export function judgeTokenSet(value: unknown): TokenSetResult {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refused("it must be an object");
  const copy = copyJson(value, false) as Record<string, unknown> | undefined;
  if (copy === undefined) return refused("it must be JSON data, at most 64 levels deep");
  const { access_token, scopes, metadata } = copy;
  if (typeof access_token !== "string" || access_token === "") {
    return refused("access_token must be a non-empty string");
  }
  for (const name of [...texts, ...numbers, "scopes", "metadata"]) if (copy[name] === null) delete copy[name];
  for (const name of texts) {
    if (copy[name] !== undefined && typeof copy[name] !== "string")
      return refused(`${name} must be a string`);
  }
  for (const name of tokenMembers) {
    const text = copy[name];
    if (typeof text === "string" && !canBeSealed(text))
      return refused(`${name} must be well-formed text of at most 128 KiB`);
  }
  for (const name of numbers) {
    if (copy[name] !== undefined && typeof copy[name] !== "number")
      return refused(`${name} must be a number`);
  }
  if (scopes != null && !(Array.isArray(scopes) && scopes.every((scope) => typeof scope === "string"))) {
    return refused("scopes must be a list of strings");
  }
  if (metadata != null && (typeof metadata !== "object" || Array.isArray(metadata))) {
    return refused("metadata must be an object");
  }
  return { ok: true, token_set: copyJson(copy, true) as unknown as TokenSet };
}

/** What could be stored and never shown again would be lost. A capsule is longer than what is in it, and is judged when it is opened. */
function canBeSealed(text: string): boolean {
  if (text.startsWith("hfs1.")) return true;
  // With the u flag a surrogate matches only when it stands alone.
  return Buffer.byteLength(text) <= longestToken && !/[\uD800-\uDFFF]/u.test(text);
}

function refused(reason: string): TokenSetResult {
  return { ok: false, reason };
}
