/**
 * A registered client as a storage keeps it: an entry like any other, so that every storage can hold it. The hashes
 * stand where a token would, so a storage written in a script is given them sealed.
 *
 * @module
 */

import type { Json, Ports } from "../../../runtime/ports.ts";
import { nowSeconds } from "../client-context.ts";
import { OAuthError } from "../errors.ts";
import type { Entry, EntryBinding } from "../storage/entry.ts";
import { copyJson } from "../storage/json-copy.ts";
import { newGeneration } from "../storage/script-entry.ts";
import type { ClientMetadata } from "./client-metadata.ts";
import { isSecretHash } from "./secret-hash.ts";

export interface Registration {
  readonly client_id: string;
  /** Unix seconds. */
  readonly client_id_issued_at: number;
  readonly metadata: ClientMetadata;
  /** Hash of the client secret; null for a client without one. */
  readonly secretHash: string | null;
  /** Hash of the registration access token. */
  readonly tokenHash: string;
}

const clientKind = "oauth_dynreg_client";
const indexKind = "oauth_dynreg_index";
const noSecret = "none";

/** The hashes are for nobody: a client over the same storage that names a registration's key is refused. */
const noDestination: EntryBinding = {
  provider: "dynamic_registration",
  issuer: null,
  // The origin of no endpoint.
  token_origin: "none",
  resource_origins: [],
};

/** The entry of a client. */
export function clientEntry(ports: Ports, registration: Registration): Entry {
  const { secretHash, tokenHash, ...rest } = registration;
  return entryOf(ports, `${secretHash ?? noSecret} ${tokenHash}`, { kind: clientKind, ...rest });
}

/** The client of an entry. Throws HARN-OAU-010 when the entry holds something else. */
export function clientOf(client_id: string, entry: Entry): Registration {
  const { kind, metadata, client_id_issued_at, client_id: named } = entry.token_set.metadata ?? {};
  const [secret = "", tokenHash = "", ...more] = entry.token_set.access_token.split(" ");
  const sound =
    kind === clientKind &&
    named === client_id &&
    typeof client_id_issued_at === "number" &&
    isRecord(metadata) &&
    (secret === noSecret || isSecretHash(secret)) &&
    isSecretHash(tokenHash) &&
    more.length === 0;
  if (!sound) throw damaged();
  return {
    client_id,
    client_id_issued_at,
    // Nobody may change what is stored through what is answered.
    metadata: copyJson(metadata, false) as ClientMetadata,
    secretHash: secret === noSecret ? null : secret,
    tokenHash,
  };
}

/** The entry of the list of all clients. */
export function indexEntry(ports: Ports, clients: readonly string[]): Entry {
  return entryOf(ports, "index", { kind: indexKind, clients });
}

/** The ids of an index entry; none when there is no entry yet. Throws HARN-OAU-010 when the entry holds something else. */
export function indexOf(entry: Entry | null): readonly string[] {
  if (entry === null) return [];
  const { kind, clients } = entry.token_set.metadata ?? {};
  const sound = kind === indexKind && Array.isArray(clients) && clients.every((id) => typeof id === "string");
  if (!sound) throw damaged();
  return [...(clients as readonly string[])];
}

function entryOf(ports: Ports, access_token: string, metadata: Readonly<Record<string, Json>>): Entry {
  return {
    token_set: { access_token, token_type: "N_A", metadata },
    ttl_seconds: null,
    binding: noDestination,
    generation: newGeneration(ports),
    version: 1,
    updated_at_unix: nowSeconds(ports),
    intent: null,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function damaged(): OAuthError {
  return new OAuthError(
    "HARN-OAU-010",
    "std/oauth/dynamic_registration: the storage holds something else where a registration should be",
    "Give the registration store a storage_key of its own, or restore the storage.",
    { retryable: false },
  );
}
