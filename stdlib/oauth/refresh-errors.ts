/**
 * What a refresh can fail with, besides what the storage, the transport and the provider's own words make.
 *
 * @module
 */

import { OAuthError, type ProviderAnswer } from "./errors.ts";

/** HARN-OAU-002. `why` is a sentence of ours; `details` is the provider's answer, redacted. */
export function consentNeeded(why: string, details?: ProviderAnswer): OAuthError {
  return new OAuthError(
    "HARN-OAU-002",
    `std/oauth/client: ${why}; re-run authorization`,
    "Send the person through start_authorization or device_flow again.",
    details ? { details } : {},
  );
}

/** HARN-OAU-003: sent, and the provider's decision is not known. */
export function outcomeUnknown(): OAuthError {
  return new OAuthError(
    "HARN-OAU-003",
    "std/oauth/client: the refresh was sent and its answer was lost: the outcome is unknown",
    "Try again later; if the provider then refuses the refresh token, authorize again.",
  );
}

/** HARN-OAU-003: others kept changing what is stored, or the storage was so slow that the lock would end too early. */
export function busy(): OAuthError {
  return new OAuthError(
    "HARN-OAU-003",
    "std/oauth/client: the stored token changed while it was being refreshed, or the storage was too slow",
    "Try again.",
  );
}

/** HARN-OAU-003: the resource server said 401 to a token that was new. */
export function renewedTokenRejected(module: string): OAuthError {
  return new OAuthError(
    "HARN-OAU-003",
    `std/oauth/${module}: the resource server rejects the renewed token`,
    "Compare the token's scopes and audience with what the resource server wants.",
  );
}

/** HARN-OAU-006. */
export function otherSubject(): OAuthError {
  return new OAuthError(
    "HARN-OAU-006",
    "std/oauth/client: the refreshed ID token names another person than the login did",
    "Report this to the provider; authorize again.",
  );
}
