/**
 * `std/oauth/token_exchange`: the vocabulary of token exchange (RFC 8693). The exchange itself is the client's
 * `token_exchange`. Every function is plain and sends nothing.
 *
 * @module
 */

import { plain } from "../../../runtime/plugin.ts";
import { type ActorClaim, actorClaim, delegatedClaims } from "./actor-claim.ts";
import { capabilityCatalogue, capabilityOf, type TokenExchangeCapability } from "./capability.ts";
import { type CapabilityRow, shippedRows } from "./catalogue.ts";
import { tokenExchangeGrantType, tokenType } from "./token-type.ts";

/** The functions of `std/oauth/token_exchange`. All throw HARN-OAU-011 for what cannot be used. */
export type TokenExchangeModule = {
  /** The grant type's URN. */
  readonly token_exchange_grant_type: () => string;
  /** The URN of a token type: `access_token`, `id_token`, `jwt`, `saml2`, `id-jag`, `txn`, …; a `urn:` stays as it is. */
  readonly token_type: (name: string) => string;
  /** Capability rows by id; overlays (a list, or an object by id) replace whole rows. */
  readonly token_exchange_catalog: (
    overlays?: readonly CapabilityRow[] | Readonly<Record<string, CapabilityRow>> | null,
  ) => Readonly<Record<string, TokenExchangeCapability>>;
  /** The row of a provider record (its own wins) or of an id, or null. */
  readonly token_exchange_capability: (
    provider_or_id: unknown,
    overlays?: readonly CapabilityRow[] | Readonly<Record<string, CapabilityRow>> | null,
  ) => TokenExchangeCapability | null;
  /** The rows that ship, as they were written. */
  readonly token_exchange_capability_rows: () => readonly CapabilityRow[];
  /** The nested `act` claim of actors, current first. */
  readonly actor_claim: (actors: readonly (string | Readonly<Record<string, unknown>>)[]) => ActorClaim;
  /** Claims with their `act`. */
  readonly delegated_claims: (
    claims: Readonly<Record<string, unknown>>,
    actors: readonly (string | Readonly<Record<string, unknown>>)[],
  ) => Readonly<Record<string, unknown>>;
};

/** Makes the module. It asks nothing of any port. */
export function tokenExchangeModule(): TokenExchangeModule {
  return {
    token_exchange_grant_type: plain(() => tokenExchangeGrantType),
    token_type: plain((name: string) => tokenType(name)),
    token_exchange_catalog: plain((overlays?: unknown) => capabilityCatalogue(overlays)),
    token_exchange_capability: plain((provider_or_id: unknown, overlays?: unknown) =>
      capabilityOf(provider_or_id, overlays),
    ),
    token_exchange_capability_rows: plain(() => structuredClone(shippedRows)),
    actor_claim: plain((actors: readonly unknown[]) => actorClaim(actors)),
    delegated_claims: plain((claims: unknown, actors: unknown) => delegatedClaims(claims, actors)),
  };
}
