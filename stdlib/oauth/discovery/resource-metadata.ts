/**
 * Judges protected resource metadata (RFC 9728 §2). Pure.
 *
 * @module
 */

import { isJsonObject, readJson } from "../strict-json.ts";
import { type RawAnswer, mediaType } from "../token-response.ts";

/** What we take from the metadata. */
export interface ResourceMetadata {
  /** The resource identifier, as it was asked for. */
  readonly resource: string;
  /** Issuers whose tokens the resource takes; empty when it names none. */
  readonly authorization_servers: readonly string[];
  readonly scopes_supported: readonly string[];
  readonly bearer_methods_supported: readonly string[];
}

export type ResourceMetadataVerdict =
  | { readonly ok: true; readonly metadata: ResourceMetadata }
  | {
      readonly ok: false;
      readonly reason: "status" | "content_type" | "not_json" | "not_an_object" | "resource" | "member_type";
    };

/** Judges an answer. `resource` must equal what was asked for, character by character (RFC 9728 §3.3). */
export function judgeResourceMetadata(answer: RawAnswer, expectedResource: string): ResourceMetadataVerdict {
  if (answer.status !== 200) return { ok: false, reason: "status" };
  if (mediaType(answer.headers["content-type"]) !== "application/json")
    return { ok: false, reason: "content_type" };
  const json = readJson(answer.body);
  if (!json.ok) return { ok: false, reason: "not_json" };
  if (!isJsonObject(json.value)) return { ok: false, reason: "not_an_object" };
  const given = json.value;
  if (given.resource !== expectedResource) return { ok: false, reason: "resource" };
  const lists = ["authorization_servers", "scopes_supported", "bearer_methods_supported"].map((name) => {
    const value = Object.hasOwn(given, name) ? given[name] : [];
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : null;
  });
  const [authorization_servers, scopes_supported, bearer_methods_supported] = lists;
  if (!authorization_servers || !scopes_supported || !bearer_methods_supported) {
    return { ok: false, reason: "member_type" };
  }
  return {
    ok: true,
    metadata: {
      resource: expectedResource,
      authorization_servers,
      scopes_supported,
      bearer_methods_supported,
    },
  };
}
