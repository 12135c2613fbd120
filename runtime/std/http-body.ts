/**
 * Bodies of std/http: what a script gives as bytes to send, and bytes that came as text or bytes for the script.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { invalid, isPlainObject, json, type Place } from "./arguments.ts";

/** A body to send, with the content type that it implies. */
export interface RequestBody {
  readonly body: Uint8Array | string | null;
  readonly contentType: string | null;
}

/** Reads a `body` option: a string or bytes as they are, a plain object or list as JSON. */
export function requestBody(place: Place, value: unknown): RequestBody {
  if (value === undefined || value === null) return { body: null, contentType: null };
  if (typeof value === "string" || value instanceof Uint8Array) return { body: value, contentType: null };
  if (!isPlainObject(value) && !Array.isArray(value)) {
    throw invalid(place, "body must be a string, a Uint8Array or a plain object");
  }
  return { body: JSON.stringify(json(place, "body", value)), contentType: "application/json" };
}

const textType =
  /^(?:text\/|application\/(?:json|xml|x-www-form-urlencoded|x-ndjson|javascript)$|.*\+(?:json|xml)$)/;

/** True when a body of this content type is text to a script; so is an empty body of any type. */
export function isText(contentType: string | undefined, body: Uint8Array): boolean {
  if (body.length === 0) return true;
  const [essence = ""] = (contentType ?? "").split(";");
  return textType.test(essence.trim().toLowerCase());
}

/**
 * The body for a script, with known token values replaced by `mask`. Text is decoded as UTF-8; bytes are
 * searched as Latin-1, which keeps every byte that is not part of a token.
 */
export function responseBody(
  body: Uint8Array,
  as: "text" | "bytes",
  mask: (text: string) => string,
): string | Uint8Array {
  if (as === "text") return mask(new TextDecoder().decode(body));
  const latin = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1");
  const masked = mask(latin);
  return masked === latin ? body : new Uint8Array(Buffer.from(masked, "latin1"));
}
