/**
 * How a client proves who it is at the token endpoint (RFC 6749 §2.3).
 *
 * @module
 */

import type { ClientKey } from "./client-key.ts";
import { type Parameters, percentEncode } from "./form.ts";
import type { ClientAuthMethod } from "./providers/record.ts";

/** The methods that this client speaks. */
export type SpokenAuthMethod = ClientAuthMethod;

export const spokenAuthMethods: readonly SpokenAuthMethod[] = [
  "none",
  "client_secret_post",
  "client_secret_basic",
  "private_key_jwt",
];

/** RFC 7523 §2.2. */
const clientAssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

export interface ClientCredentials {
  readonly client_id: string;
  /** The real value; null for a public client. */
  readonly client_secret: string | null;
  /** Signs assertions; null without one. */
  readonly private_key: ClientKey | null;
  readonly method: SpokenAuthMethod;
}

/** What client authentication adds to a request. */
export interface ClientProof {
  readonly parameters: Parameters;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Builds the proof, or answers null when the method needs a secret or a key and there is none. `client_id` is a parameter
 * with every method. For Basic, id and secret are form-encoded before they are joined (RFC 6749 §2.3.1). `assertion` makes
 * a new assertion (RFC 7523 §2.2).
 */
export function clientProof(
  credentials: ClientCredentials,
  assertion: (key: ClientKey) => string,
): ClientProof | null {
  const { client_id, client_secret, private_key, method } = credentials;
  const id: Parameters = [["client_id", client_id]];
  switch (method) {
    case "none":
      return { parameters: id, headers: {} };
    case "client_secret_post":
      if (client_secret === null) return null;
      return { parameters: [...id, ["client_secret", client_secret]], headers: {} };
    case "client_secret_basic":
      if (client_secret === null) return null;
      return { parameters: id, headers: { authorization: basicAuthorization(client_id, client_secret) } };
    case "private_key_jwt":
      if (private_key === null) return null;
      return {
        parameters: [
          ...id,
          ["client_assertion_type", clientAssertionType],
          ["client_assertion", assertion(private_key)],
        ],
        headers: {},
      };
  }
}

/** The `Authorization` value of HTTP Basic with form-encoded id and secret (RFC 6749 §2.3.1). */
export function basicAuthorization(client_id: string, client_secret: string): string {
  const pair = `${percentEncode(client_id)}:${percentEncode(client_secret)}`;
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}
