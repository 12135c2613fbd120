/**
 * Token sets on their way over the wall: concealed when they leave a storage, opened when they come back.
 *
 * @module
 */

import type { Ports, SealBinding, SealFailure } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import { type TokenSet, tokenMembers } from "../token-set.ts";
import type { Entry } from "./entry.ts";
import { copyJson } from "./json-copy.ts";

type TokenMember = (typeof tokenMembers)[number];

/** An opened token set, with the bindings of the capsules that were in it. */
export interface Opened {
  readonly token_set: TokenSet;
  readonly capsules: ReadonlyMap<TokenMember, SealBinding>;
}

/**
 * Stands as issuer in the capsules of tokens whose origin nobody recorded (version 1 files), so that they can be told
 * from values that a script brought itself: those the script may aim as it likes, these it may not.
 */
const unrecordedIssuer = "unrecorded";

/** True for the capsule of a token whose origin nobody recorded. */
export function isUnrecorded(capsule: SealBinding): boolean {
  return capsule.provider === "" && capsule.issuer === unrecordedIssuer;
}

/**
 * A fresh copy of an entry's token set whose token members are concealed for this key. `own`: its values are the script's own
 * knowledge.
 */
export function concealTokenSet(
  ports: Ports,
  key: string,
  { token_set, binding }: Pick<Entry, "token_set" | "binding">,
  own: boolean,
): TokenSet {
  const issuer = binding ? binding.issuer : own ? null : unrecordedIssuer;
  const copy = copyJson(token_set, false) as Record<string, unknown>;
  for (const member of tokenMembers) {
    const value = token_set[member];
    if (value === undefined) continue;
    copy[member] = ports.seal.conceal(value, {
      kind: member,
      provider: binding?.provider ?? "",
      issuer,
      key,
      // Only an access token goes to resources; the others go to the token endpoint alone.
      origins: member === "access_token" ? (binding?.resource_origins ?? []) : [],
    });
  }
  return copy as unknown as TokenSet;
}

/**
 * A frozen copy of a token set whose capsules are opened. Raw values stay as they are, and are known to their run alone.
 * @throws HARN-OAU-004 for a capsule of another key, of another kind of token, altered, or made with a sealing key that is not among ours; 011 when the run
 * holds as many values as it may.
 */
export function openTokenSet(ports: Ports, key: string, token_set: TokenSet): Opened {
  const copy = copyJson(token_set, false) as Record<string, unknown>;
  const capsules = new Map<TokenMember, SealBinding>();
  for (const member of tokenMembers) {
    const text = token_set[member];
    if (text === undefined) continue;
    const { value, binding } = openCapsule(ports, text, member, key);
    copy[member] = value;
    if (binding) capsules.set(member, binding);
    else ports.redactor.register(value, member, { own: true });
  }
  return { token_set: copyJson(copy, true) as unknown as TokenSet, capsules };
}

function openCapsule(
  ports: Ports,
  text: string,
  kind: TokenMember,
  key: string,
): ReturnType<Ports["seal"]["open"]> {
  try {
    return ports.seal.open(text, { kind, key });
  } catch (error) {
    const reason = sealFailureReason(error);
    if (reason === null) throw error;
    throw sealRefusal(reason === "binding" && isForThisKey(ports, text, key) ? "kind" : reason);
  }
}

function isForThisKey(ports: Ports, text: string, key: string): boolean {
  try {
    ports.seal.open(text, { key });
    return true;
  } catch {
    return false;
  }
}

/** The reason of a SealFailure, null for any other error. */
export function sealFailureReason(error: unknown): SealFailure["reason"] | null {
  return error instanceof Error && error.name === "SealFailure" ? (error as SealFailure).reason : null;
}

/** The refusal of a sealed value: HARN-OAU-004. `kind`: it is another kind of secret than this place takes. */
export function sealRefusal(reason: SealFailure["reason"] | "kind"): OAuthError {
  const refused = (message: string, hint: string): OAuthError =>
    new OAuthError("HARN-OAU-004", `std/oauth/storage: ${message}`, hint);
  switch (reason) {
    case "malformed":
    case "altered":
      return refused("a sealed value was altered", "Give sealed values back exactly as they were received.");
    case "unknown_key":
      return refused(
        "a sealed value was made with a sealing key that this host does not have",
        "It is from another host, from before a restart, or its key was dropped. Log in again, or give the host that key again.",
      );
    case "binding":
      return refused(
        "a sealed value was sealed for another key",
        "Store a sealed token only under its own key.",
      );
    case "kind":
      return refused(
        "a sealed value is another kind of secret than this place takes",
        "Keep access, refresh and id tokens each in their own member.",
      );
  }
}
