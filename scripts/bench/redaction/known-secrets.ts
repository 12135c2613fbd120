/**
 * Values that a host would know: opaque tokens.
 *
 * @module
 */

import { seededRandom } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { createRedactor, type RedactorEngine } from "../../../stdlib/oauth/redaction/engine.ts";
import { between, bytes } from "./randomness.ts";

/** So many of them, 27 to 64 characters long. */
export function knownSecrets(count: number): readonly string[] {
  const random = seededRandom(7);
  return Array.from({ length: count }, () => bytes(random, between(random, 20, 48)).toString("base64url"));
}

/** A redactor that knows so many. */
export function redactorKnowing(count: number): RedactorEngine {
  const redactor = createRedactor();
  for (const secret of knownSecrets(count)) redactor.register(secret, "access_token");
  return redactor;
}
