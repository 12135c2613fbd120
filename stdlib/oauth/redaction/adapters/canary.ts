/**
 * The canary: a made-up secret that is sent through an adapter when it is made. An adapter that lets it out is refused.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { OAuthError } from "../../errors.ts";
import type { AdapterRedactor, Redacts } from "./fail-closed.ts";

/** This many characters of a canary in a row are a leak. */
const leak = 8;

/**
 * Sends a token of a known shape through `send`, and a random value without any shape that is registered for this moment
 * only. `send` carries a secret through the adapter, over the redactor it is given, and answers all that came out. The
 * redactor's audit listeners hear of it; its own audit and totals do not.
 *
 * @throws OAuthError HARN-OAU-011 when a secret comes out or `send` throws.
 */
export function tryCanary(
  redactor: AdapterRedactor,
  adapter: "console" | "open_telemetry" | "pino",
  send: (through: Redacts, secret: string) => string,
): void {
  if (!isHidden(redactor, send)) {
    throw new OAuthError(
      "HARN-OAU-011",
      `std/oauth/redaction: ${adapter}: refused, because a token that was sent through it came out`,
      "Give it a redactor that createRedactor made.",
    );
  }
}

function isHidden(redactor: AdapterRedactor, send: (through: Redacts, secret: string) => string): boolean {
  const shaped = jwt();
  const opaque = randomText(24);
  try {
    const probe = redactor.fork?.();
    if (probe === undefined) return !comesOut(send(redactor, shaped), shaped);
    try {
      probe.register(opaque, "canary");
      return [shaped, opaque].every((secret) => !comesOut(send(probe, secret), secret));
    } finally {
      probe.release();
    }
  } catch {
    // An adapter that fails with a canary would fail with a log line.
    return false;
  }
}

/** True when a piece of the secret is in the text. How a JWT begins is no secret. */
function comesOut(text: string, secret: string): boolean {
  for (let at = secret.indexOf(".") + 1; at + leak <= secret.length; at++) {
    if (text.includes(secret.slice(at, at + leak))) return true;
  }
  return false;
}

/** A JWT by its shape (RFC 7519 §3), of random content. */
function jwt(): string {
  const header = Buffer.from(`{"alg":"HS256","typ":"JWT"}`).toString("base64url");
  const claims = Buffer.from(`{"jti":"${randomText(12)}"}`).toString("base64url");
  return [header, claims, randomText(32)].join(".");
}

function randomText(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
