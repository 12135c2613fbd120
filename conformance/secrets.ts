/**
 * The secret values of a case, and the search for them where none may stand.
 *
 * @module
 */

import type { SeenRequest } from "./world.ts";

/** Members and form fields whose values are secrets. */
const secretNames: ReadonlySet<string> = new Set([
  "access_token",
  "refresh_token",
  "id_token",
  "client_secret",
  "code_verifier",
  "device_code",
  "code",
  "registration_access_token",
  "subject_token",
  "actor_token",
]);

/** Shorter ones occur in ordinary text. */
const shortest = 8;

/** The secrets that stand in data, at any depth. */
export function secretsIn(data: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (value: unknown, name: string): void => {
    if (typeof value === "string" && secretNames.has(name) && isSecret(value)) found.add(value);
    else if (Array.isArray(value)) for (const item of value) walk(item, name);
    else if (typeof value === "object" && value !== null)
      for (const [member, inner] of Object.entries(value)) {
        walk(inner, member);
        if (member === "tokens" && typeof inner === "number") {
          found.add(`access-token-${inner}`);
          found.add(`refresh-token-${inner}`);
        }
      }
  };
  walk(data, "");
  return found;
}

/** The secrets that requests carried: in a form, a JSON body, or an Authorization field. */
export function secretsSent(requests: readonly SeenRequest[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { body, headers } of requests) {
    for (const [name, value] of new URLSearchParams(body))
      if (secretNames.has(name) && isSecret(value)) found.add(value);
    if (headers["content-type"]?.includes("json")) {
      try {
        for (const value of secretsIn(JSON.parse(body))) found.add(value);
      } catch {
        // no JSON, so no members
      }
    }
    const [, credential] = /^\w+ (\S+)$/.exec(headers["authorization"] ?? "") ?? [];
    if (credential !== undefined && isSecret(credential)) found.add(credential);
  }
  return found;
}

function isSecret(value: string): boolean {
  return value.length >= shortest && !value.startsWith("$") && !value.startsWith("hfs1.");
}

/** The first secret that stands in a text, in any encoding that a log is likely to show; null for none. */
export function leakIn(text: string, secrets: Iterable<string>): string | null {
  for (const secret of secrets) {
    const bytes = Buffer.from(secret, "utf8");
    const forms = [
      secret,
      encodeURIComponent(secret),
      bytes.toString("base64").replace(/=+$/, ""),
      bytes.toString("base64url"),
      bytes.toString("hex"),
    ];
    if (forms.some((form) => text.includes(form))) return secret;
  }
  return null;
}

/** The text without them. */
export function masked(text: string, secrets: Iterable<string>): string {
  let left = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    left = left.replaceAll(secret, "<redacted>").replaceAll(encodeURIComponent(secret), "<redacted>");
  }
  return left;
}
