/**
 * The entry that a script's own `set` makes, and where its tokens may go.
 *
 * @module
 */

import type { Ports, SealBinding } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import { type TokenSet, tokenMembers } from "../token-set.ts";
import type { Entry, EntryBinding } from "./entry.ts";
import { bringsIn } from "./own-knowledge.ts";
import { isUnrecorded, type Opened } from "./sealed-token-set.ts";

/**
 * The entry for an opened token set, given the entry that it replaces. The same tokens stay in their generation;
 * other tokens begin a new one, which is empty while a token is among them whose origin nobody recorded.
 * @throws HARN-OAU-004 when the tokens are of different logins.
 */
export function scriptEntry(
  ports: Ports,
  opened: Opened,
  ttl_seconds: number | null,
  current: Entry | null,
): Entry {
  const binding = scriptBinding(opened, current);
  const kept = current !== null && sameTokens(opened.token_set, current.token_set) ? current : null;
  const generation =
    kept?.generation ?? (binding === null && hasUnrecorded(opened) ? "" : newGeneration(ports));
  if (binding === null && kept === null && generation !== "") bringsIn(ports, generation);
  return {
    token_set: opened.token_set,
    ttl_seconds,
    binding,
    generation,
    version: (kept?.version ?? 0) + 1,
    updated_at_unix: Math.floor(ports.clock.now() / 1000),
    intent: kept?.intent ?? null,
  };
}

/** True when a token is in the set whose origin nobody recorded. */
export function hasUnrecorded(opened: Opened): boolean {
  return [...opened.capsules.values()].some(isUnrecorded);
}

/** 128 random bits in base64url. */
export function newGeneration(ports: Pick<Ports, "random">): string {
  return Buffer.from(ports.random.bytes(16)).toString("base64url");
}

type TokenMember = (typeof tokenMembers)[number];

function sameTokens(one: TokenSet, other: TokenSet): boolean {
  return tokenMembers.every((member) => one[member] === other[member]);
}

/**
 * The binding that the capsules of a token set carry. What the current entry says only narrows it, so giving a sealed
 * token back never lets it go further than before. Null when all values are the script's own knowledge.
 * @throws HARN-OAU-004 when two tokens are bound to different providers or issuers, or only one of them is bound.
 */
export function scriptBinding(opened: Opened, current: Entry | null): EntryBinding | null {
  const capsules = [...opened.capsules];
  const login = capsules.find(([, capsule]) => capsule.provider !== "")?.[1];
  const held = current?.binding ?? null;
  const isStored = (member: TokenMember): boolean =>
    opened.token_set[member] !== undefined && opened.token_set[member] === current?.token_set[member];

  for (const [member, capsule] of capsules) {
    if (capsule.provider !== "" && login && !isSameLogin(capsule, login)) throw mixedLogins();
    // A capsule without a login may not take the one of its neighbours, unless it is the very token stored there.
    if (capsule.provider === "" && (login || held) && !(held && isStored(member))) throw mixedLogins();
  }
  const holdsStored = tokenMembers.some(isStored);
  if (held && holdsStored && login && !isSameLogin(held, login)) throw mixedLogins();

  const narrowing = held && (holdsStored || (login && isSameLogin(held, login))) ? held : null;
  const base = login ?? narrowing;
  if (!base) return null;

  const access = opened.capsules.get("access_token");
  const own = access && access.provider !== "" ? access.origins : (narrowing?.resource_origins ?? []);
  return {
    provider: base.provider,
    issuer: base.issuer,
    // The current entry knows the token endpoint of its own tokens only.
    token_origin: narrowing && capsules.every(([member]) => isStored(member)) ? narrowing.token_origin : "",
    resource_origins: narrowing ? own.filter((origin) => narrowing.resource_origins.includes(origin)) : own,
  };
}

function isSameLogin(
  one: Pick<SealBinding, "provider" | "issuer">,
  other: Pick<SealBinding, "provider" | "issuer">,
): boolean {
  return one.provider === other.provider && one.issuer === other.issuer;
}

function mixedLogins(): OAuthError {
  return new OAuthError(
    "HARN-OAU-004",
    "std/oauth/storage: the token set mixes sealed tokens of different logins",
    "Store the tokens of one login together.",
  );
}
