/**
 * Client metadata (RFC 7591 §2): judged, and with its defaults.
 *
 * @module
 */

import type { Json, Redactor } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import { withDefaults } from "./agreement.ts";
import { copyMetadata } from "./metadata-copy.ts";
import { metadataProblems } from "./metadata-rules.ts";

/** Members by their RFC 7591 names; members that are not known here are kept as they are. */
export type ClientMetadata = Readonly<Record<string, Json>>;

export interface ValidationResult {
  readonly ok: boolean;
  /** Every problem, each starting with `HARN-OAU-005: ` and the name of its field. */
  readonly errors: readonly string[];
}

export interface JudgedMetadata {
  readonly members: ClientMetadata;
  readonly errors: readonly string[];
}

/** Of the answer to a registration; never metadata of the client's choice (RFC 7591 §3.2.1, RFC 7592 §3). */
export const serverMembers: readonly string[] = [
  "client_id",
  "client_secret",
  "client_id_issued_at",
  "client_secret_expires_at",
  "registration_access_token",
  "registration_client_uri",
];

/** Members that are credentials. */
export const secretMembers: readonly string[] = ["client_secret", "registration_access_token"];

/**
 * Copies and judges metadata. Throws HARN-OAU-011 when `given` is no object, and nothing else; `fn` is the public function that asks.
 */
export function judgeMetadata(fn: string, given: unknown, redactor: Redactor): JudgedMetadata {
  const copy = copyMetadata(objectArgument(fn, "metadata", given));
  if (copy === null) {
    return { members: {}, errors: [coded("metadata holds too many values or cannot be read")] };
  }
  const problems = metadataProblems(copy, (text) => redactor.redact(text));
  return { members: copy.members as ClientMetadata, errors: problems.map(coded) };
}

/** An object argument as it is. Throws HARN-OAU-011 for anything else, lists included. */
export function objectArgument(fn: string, name: string, given: unknown): object {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given;
  throw new OAuthError(
    "HARN-OAU-011",
    `std/oauth/dynamic_registration: ${fn}: ${name} must be an object`,
    `Pass ${name} to ${fn} as an object.`,
  );
}

/** An error text of ours with its code. */
export function coded(problem: string): string {
  return `HARN-OAU-005: ${problem}`;
}

/** The error for rejected metadata: HARN-OAU-005, all problems joined with `; `. */
export function rejected(errors: readonly string[]): OAuthError {
  return new OAuthError(
    "HARN-OAU-005",
    `std/oauth/dynamic_registration: ${errors.join("; ")}`,
    "Correct the named fields; validate_metadata lists the same problems without throwing.",
  );
}

/** Good metadata with its defaults and without the members named in `dropped`. Throws HARN-OAU-005 for errors. */
export function completed({ members, errors }: JudgedMetadata, dropped: readonly string[]): ClientMetadata {
  if (errors.length > 0) throw rejected(errors);
  const kept = Object.entries(members).filter(([name]) => !dropped.includes(name));
  return { ...Object.fromEntries(kept), ...withDefaults(members) };
}
