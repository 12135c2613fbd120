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
  readonly issued_token_type?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The members whose values are secrets, in the order in which they are sealed. */
export const tokenMembers: readonly ["access_token", "refresh_token", "id_token"] = [
  "access_token",
  "refresh_token",
  "id_token",
];
