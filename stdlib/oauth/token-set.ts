/**
 * The token set: what a login or a refresh yields and a storage keeps.
 *
 * @module
 */

/** All times are whole seconds since the Unix epoch, all lifetimes whole seconds. */
export interface TokenSet {
  readonly access_token: string;
  /** As the server spelt it; `Bearer` when the server said nothing. */
  readonly token_type: string;
  readonly issued_at_unix?: number;
  readonly expires_in?: number;
  readonly expires_at_unix?: number;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly scopes?: readonly string[];
  /** Of a token exchange (RFC 8693 §2.2.1), as are the four members below. */
  readonly issued_token_type?: string;
  readonly token_exchange_mode?: "delegation" | "impersonation";
  readonly subject_token_type?: string;
  readonly actor_token_type?: string | null;
  readonly requested_token_type?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The key that a DPoP token is bound to (RFC 9449): the `d` of a P-256 JWK. */
  readonly dpop_key?: string;
}

/** The members whose values are secrets, in the order in which they are sealed. */
export const tokenMembers: readonly ["access_token", "refresh_token", "id_token", "dpop_key"] = [
  "access_token",
  "refresh_token",
  "id_token",
  "dpop_key",
];
