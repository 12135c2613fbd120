/**
 * The secret values of a case, and the search for them where none may stand.
 *
 * @module
 */

import type { CaseFile } from "./case-format.ts";
import type { SeenRequest } from "./world-script.ts";

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
  return new Set(namedSecretsIn(data).keys());
}

/** The same, each with the name under which it stood first. */
export function namedSecretsIn(data: unknown): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const add = (value: string, name: string): void => {
    if (!found.has(value)) found.set(value, name);
  };
  const walk = (value: unknown, name: string): void => {
    if (typeof value === "string" && secretNames.has(name) && isSecret(value)) add(value, name);
    else if (typeof value === "string" && value.startsWith("{")) walk(parsed(value), name);
    else if (Array.isArray(value)) for (const item of value) walk(item, name);
    else if (typeof value === "object" && value !== null)
      for (const [member, inner] of Object.entries(value)) {
        walk(inner, member);
        if (member === "tokens" && typeof inner === "number") {
          add(`access-token-${inner}`, "access_token");
          add(`refresh-token-${inner}`, "refresh_token");
        }
      }
  };
  walk(data, "");
  return found;
}

/** The environment's secrets by their value. */
export function environmentSecrets(file: CaseFile): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(file.given?.env ?? {}))
    if (typeof value !== "string") found.set(value.secret, `env ${name}`);
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The secrets that requests carried: in a form, a JSON body, or an Authorization field. */
export function secretsSent(requests: readonly SeenRequest[]): ReadonlySet<string> {
  return new Set(namedSecretsSent(requests).keys());
}

/** The same, each with the name under which it was sent first. */
export function namedSecretsSent(requests: readonly SeenRequest[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const add = (value: string, name: string): void => {
    if (isSecret(value) && !found.has(value)) found.set(value, name);
  };
  for (const { body, headers } of requests) {
    for (const [name, value] of new URLSearchParams(body)) if (secretNames.has(name)) add(value, name);
    if (headers["content-type"]?.includes("json")) {
      try {
        for (const [value, name] of namedSecretsIn(JSON.parse(body))) add(value, name);
      } catch {
        // no JSON, so no members
      }
    }
    const [, scheme = "", credential = ""] = /^(\w+) (\S+)$/.exec(headers["authorization"] ?? "") ?? [];
    add(credential, scheme.toLowerCase() === "basic" ? "client_secret" : "access_token");
  }
  return found;
}

/** What a script shows of a sealed token, plain or as a Basic credential, is no secret. */
function isCapsule(value: string): boolean {
  return /^hfs1\./i.test(value) || Buffer.from(value, "base64").toString("latin1").includes(":hfs1.");
}

function isSecret(value: string): boolean {
  // What holds half a surrogate pair cannot be sent as it is.
  return value.length >= shortest && !/\p{Cs}/u.test(value) && !value.startsWith("$") && !isCapsule(value);
}

/** The first secret that stands in a text, in any encoding that a log or a thief is likely to use; null for none. */
export function leakIn(text: string, secrets: Iterable<string>): string | null {
  const lower = text.toLowerCase();
  for (const secret of secrets)
    if (formsOf(secret).some(({ form, exact }) => (exact ? text : lower).includes(form))) return secret;
  return null;
}

interface Form {
  readonly form: string;
  /** False: the text is searched without regard to case, and the form is in lower case. */
  readonly exact: boolean;
}

const forms = new Map<string, readonly Form[]>();

/** How a secret may be written: as it is, percent and JSON escapes, hex, and base64 wherever its first byte falls. */
function formsOf(secret: string): readonly Form[] {
  const known = forms.get(secret);
  if (known !== undefined) return known;
  const bytes = Buffer.from(secret, "utf8");
  const hex = bytes.toString("hex");
  const inBase64 = [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // Characters that share bits with what stands before or after the secret are left out.
    const inner = whole.slice(before === 0 ? 0 : before + 1, Math.floor(((before + bytes.length) * 8) / 6));
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
  const pairs = hex.match(/../g) ?? [];
  const made = [
    ...inBase64.map((form) => ({ form, exact: true })),
    ...[
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      hex,
      pairs.map((pair) => `%${pair}`).join(""),
      pairs.map((pair) => `\\u00${pair}`).join(""),
      Array.from(secret).toReversed().join(""),
    ].map((form) => ({ form: form.toLowerCase(), exact: false })),
  ];
  forms.set(secret, made);
  if (forms.size > 500) forms.clear();
  return made;
}

/** The text without them. */
export function masked(text: string, secrets: Iterable<string>): string {
  let left = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    left = left.replaceAll(secret, "<redacted>").replaceAll(encodeURIComponent(secret), "<redacted>");
  }
  return left;
}
