/**
 * Bound entries: a stored token keeps the endpoints and origins of its login, and a later client may narrow them but
 * never re-aim them.
 *
 * @module
 */

import type { EntryBinding } from "./storage/entry.ts";

/** What the judge must know of the client that wants to use an entry. */
export interface ClaimingClient {
  readonly binding: EntryBinding;
  /** Plain Node code, which chooses its stores itself. */
  readonly trusted: boolean;
  /** The token endpoint stands so in the catalogue entry of this provider id. */
  readonly catalogueTokenUrl: boolean;
  /** Whether an origin stands so in that catalogue entry. */
  isCatalogueOrigin(origin: string): boolean;
}

export type BindingVerdict =
  | {
      readonly ok: true;
      /** Where the access token may go: what the client and the entry both allow. */
      readonly origins: readonly string[];
      /** Whether the refresh token may go to the client's token endpoint. */
      readonly refreshable: boolean;
    }
  | { readonly ok: false; readonly reason: BindingRefusal };

export const bindingRefusals = {
  provider: "the stored token belongs to another provider",
  issuer: "the stored token belongs to another issuer",
  token_origin: "the stored token belongs to another token endpoint",
  resource_origins: "the client names resource origins that the stored token is not bound to",
  unbound: "the stored token has no record of its origin and works only with an unmodified provider",
} as const;

export type BindingRefusal = keyof typeof bindingRefusals;

/**
 * Judges whether a client may use an entry.
 *
 * `bound` null means that nobody recorded where the tokens came from. `ownKnowledge` says that a script wrote the
 * raw values itself, so nothing is lost when it aims them.
 */
export function judgeBinding(
  client: ClaimingClient,
  bound: EntryBinding | null,
  ownKnowledge: boolean,
): BindingVerdict {
  const mine = client.binding;
  if (bound === null) {
    const unmodified =
      client.catalogueTokenUrl && mine.resource_origins.every((o) => client.isCatalogueOrigin(o));
    if (!client.trusted && !ownKnowledge && !unmodified) return { ok: false, reason: "unbound" };
    return { ok: true, origins: mine.resource_origins, refreshable: true };
  }
  if (bound.provider !== mine.provider) return { ok: false, reason: "provider" };
  // A capsule that went through a script carries no token endpoint: only its provider, issuer and origins.
  const known = bound.token_origin !== "";
  if (known && bound.token_origin !== mine.token_origin) return { ok: false, reason: "token_origin" };
  if (known && statesIssuer(bound) && statesIssuer(mine) && bound.issuer !== mine.issuer) {
    return { ok: false, reason: "issuer" };
  }
  const allowed = new Set(bound.resource_origins);
  const foreign = mine.resource_origins.filter((origin) => !allowed.has(origin));
  // Origins that the catalogue gained since the login are left out; others are an attempt to re-aim.
  if (foreign.some((origin) => !client.isCatalogueOrigin(origin)))
    return { ok: false, reason: "resource_origins" };
  return {
    ok: true,
    origins: mine.resource_origins.filter((origin) => allowed.has(origin)),
    refreshable:
      known ||
      client.trusted ||
      // The catalogue's own endpoint, but not for what another issuer gave under its name.
      (client.catalogueTokenUrl && bound.issuer === mine.issuer) ||
      originOf(bound.issuer) === mine.token_origin,
  };
}

/** A provider without an issuer identifier stands under the origin of its token endpoint, which is compared anyway. */
function statesIssuer(binding: EntryBinding): boolean {
  return binding.issuer !== null && binding.issuer !== binding.token_origin;
}

function originOf(issuer: string | null): string | null {
  return issuer !== null && URL.canParse(issuer) ? new URL(issuer).origin : null;
}
