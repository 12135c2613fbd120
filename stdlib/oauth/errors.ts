/**
 * The error codes of std/oauth: one table, one class. Thrown errors, the docs page and the tests read it.
 *
 * @module
 */

/** Every code with its meaning, and whether trying again later can help (`null`: the error itself says). */
export const errorCodes = {
  "HARN-OAU-001": { meaning: "a sink redacted a token (an audit entry, never thrown)", retryable: false },
  "HARN-OAU-002": {
    meaning:
      "consent is needed: nothing stored, no refresh token and expired, or the provider refused the refresh grant",
    retryable: false,
  },
  "HARN-OAU-003": {
    meaning: "it could not be done now (network, timeout, 5xx, 429) and no stored token can be used",
    retryable: true,
  },
  "HARN-OAU-004": { meaning: "destination refused: this token may not go to that URL", retryable: false },
  "HARN-OAU-005": { meaning: "registration metadata rejected", retryable: false },
  "HARN-OAU-006": {
    meaning:
      "a provider's answer was refused by us (not JSON, too large, missing or unsafe fields, wrong content)",
    retryable: false,
  },
  "HARN-OAU-007": {
    meaning: "authorization response refused (state, issuer, reuse, expired attempt)",
    retryable: false,
  },
  "HARN-OAU-008": {
    meaning: "the person or the provider said no (access_denied, expired_token, …)",
    retryable: false,
  },
  "HARN-OAU-009": { meaning: "the script was not granted this", retryable: false },
  "HARN-OAU-010": { meaning: "storage: wrong key, damaged file, lock timeout, unavailable", retryable: null },
  "HARN-OAU-011": { meaning: "invalid argument or option", retryable: false },
  "HARN-OAU-012": {
    meaning: "the provider refused the request (invalid_client, invalid_scope, invalid_grant on a code, …)",
    retryable: false,
  },
} as const;

export type OAuthErrorCode = keyof typeof errorCodes;

/** What a provider answered, with its text redacted, cut to 300 characters and free of control characters. */
export interface ProviderAnswer {
  readonly status: number;
  readonly error?: string;
  readonly error_description?: string;
}

/**
 * What every std/oauth function throws. `String(error)` is `CODE: message`. The message starts with
 * `std/oauth/<module>: ` and comes from a fixed list: it never contains a provider's or a caller's text.
 */
export class OAuthError extends Error {
  override readonly name: string = "OAuthError";
  readonly code: OAuthErrorCode;
  readonly retryable: boolean;
  /** The next thing to do, one sentence. */
  readonly hint: string;
  /** Present when a provider answered. */
  readonly details?: ProviderAnswer;

  constructor(
    code: OAuthErrorCode,
    message: `std/oauth/${string}: ${string}`,
    hint: string,
    more: { details?: ProviderAnswer; retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.retryable = more.retryable ?? errorCodes[code].retryable ?? false;
    this.hint = hint;
    if (more.details) this.details = more.details;
  }

  override toString(): string {
    return `${this.code}: ${this.message}`;
  }
}
