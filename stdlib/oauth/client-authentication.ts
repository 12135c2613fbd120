/**
 * How a client proves who it is at the token endpoint (RFC 6749 §2.3).
 *
 * @module
 */

import { type Parameters, percentEncode } from "./form.ts";
import type { ClientAuthMethod } from "./providers/record.ts";

/** The methods that this client speaks. */
export type SpokenAuthMethod = Exclude<ClientAuthMethod, "private_key_jwt">;

export const spokenAuthMethods: readonly SpokenAuthMethod[] = [
  "none",
  "client_secret_post",
  "client_secret_basic",
];

export interface ClientCredentials {
  readonly client_id: string;
  /** The real value; null for a public client. */
  readonly client_secret: string | null;
  readonly method: SpokenAuthMethod;
}

/** What client authentication adds to a request. */
export interface ClientProof {
  readonly parameters: Parameters;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Builds the proof, or answers null when the method needs a secret and there is none. `client_id` is a parameter
 * with every method. For Basic, id and secret are form-encoded before they are joined (RFC 6749 §2.3.1).
 */
export function clientProof(credentials: ClientCredentials): ClientProof | null {
  const { client_id, client_secret, method } = credentials;
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
  }
}

/** The `Authorization` value of HTTP Basic with form-encoded id and secret (RFC 6749 §2.3.1). */
export function basicAuthorization(client_id: string, client_secret: string): string {
  const pair = `${percentEncode(client_id)}:${percentEncode(client_secret)}`;
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}
