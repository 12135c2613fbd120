/**
 * A resource server's answer as a script sees it.
 *
 * @module
 */

import type { HttpResponse, Ports } from "../../runtime/ports.ts";
import { mediaType } from "./token-response.ts";
import { insufficientScopes } from "./www-authenticate.ts";

export interface ResourceResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text for text, JSON, XML, form and empty bodies; bytes for the rest. */
  readonly body: string | Uint8Array;
  /** True for a status from 200 to 299. */
  readonly ok: boolean;
  /** With a 403 that asks for more scopes (RFC 6750 §3.1): which ones. */
  readonly scope_wanted?: readonly string[];
}

/** Makes the response, without any token that this process knows unless the caller may see tokens. */
export function resourceResponse(ports: Ports, response: HttpResponse): ResourceResponse {
  const seesTokens = ports.run.trusted || ports.run.reveal;
  const mask = (text: string): string =>
    seesTokens ? text : ports.redactor.maskKnown(text, response.carried);
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(response.headers)) headers[name] = mask(value);
  const wanted = response.status === 403 ? insufficientScopes(response.headers["www-authenticate"]) : null;
  const { body } = response;
  return {
    status: response.status,
    headers,
    body:
      body.length === 0 || isText(response.headers["content-type"])
        ? mask(new TextDecoder().decode(body))
        : maskedBytes(body, mask),
    ok: response.status >= 200 && response.status < 300,
    ...(wanted === null ? {} : { scope_wanted: wanted.map(mask) }),
  };
}

function isText(contentType: string | undefined): boolean {
  const media = mediaType(contentType);
  return (
    media === "" ||
    media.startsWith("text/") ||
    /^application\/(?:.+\+)?(?:json|xml)$/.test(media) ||
    media === "application/x-www-form-urlencoded" ||
    media === "application/javascript"
  );
}

/** A server that echoes a token under a binary content type must not get it to the script either. */
function maskedBytes(bytes: Uint8Array, mask: (text: string) => string): Uint8Array {
  // Latin-1 keeps every byte as one character, and tokens are ASCII.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const masked = mask(text);
  return masked === text ? bytes : new Uint8Array(Buffer.from(masked, "latin1"));
}
