/**
 * One process of several, and what they are given.
 *
 * @module
 */

import type { ClientContext } from "../client-context.ts";
import { providerOf } from "../provider-of.ts";
import type { ProviderRecord } from "../providers/record.ts";
import type { Entry, EntryBinding } from "../storage/entry.ts";
import { graceMs } from "./token-server.test.support.ts";
import type { ServerKind } from "./world.test.support.ts";

export interface Shape {
  readonly server: ServerKind;
  /** `kernel`: a store that keeps intents, with locks that end with their holder. `lease`: one that keeps token sets only, with leases of 60 s. */
  readonly store: "kernel" | "lease";
}

export interface Process {
  readonly number: number;
  readonly context: ClientContext;
  isDead: boolean;
  running: number;
  /** While the lock is its own and it does not know yet; and from its last look at the clock before a request until the lock is free again. */
  isBusy: boolean;
  /** Whether the server took what each read since the last refusal found. */
  reads: boolean[];
}

/** Under which all processes keep the login. */
export const key = "acme";

/** Where the tokens come from and may go. */
export const binding: EntryBinding = {
  provider: "acme",
  issuer: null,
  token_origin: "https://as.example",
  resource_origins: ["https://api.example"],
};

/** What the clients are told of the server. */
export function providerRecord(server: ServerKind): ProviderRecord {
  const record = providerOf({
    id: "acme",
    auth_url: "https://as.example/authorize",
    token_url: "https://as.example/token",
    revoke_url: "https://as.example/revoke",
    refresh_handling: {
      rotates_refresh_token: server !== "not_rotating",
      reuse: server === "not_rotating" ? "unknown" : server,
      grace_seconds: server === "grace" ? graceMs / 1000 : 0,
    },
  });
  if (record === null) throw new TypeError("the record is complete");
  return record;
}

/** An entry as a login makes it, `issuedAt` in ms. */
export function loginEntry(
  { refresh, access }: { readonly refresh: string; readonly access: string },
  generation: string,
  issuedAt: number,
): Entry {
  const issued_at_unix = Math.floor(issuedAt / 1000);
  return {
    token_set: {
      access_token: access,
      refresh_token: refresh,
      token_type: "Bearer",
      issued_at_unix,
      expires_in: 3_600,
      expires_at_unix: issued_at_unix + 3_600,
    },
    ttl_seconds: null,
    binding,
    generation,
    version: 1,
    updated_at_unix: issued_at_unix,
    intent: null,
  };
}
