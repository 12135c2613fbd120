/**
 * Judges the method and header fields of a request (RFC 9110, sections 5 and 9).
 *
 * @module
 */

import type { HttpFailureReason } from "./http-failure.ts";

export type RequestHead =
  | { readonly ok: true; readonly method: string; readonly fields: Map<string, string> }
  | { readonly ok: false; readonly method: string; readonly reason: HttpFailureReason };

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const methodName = /^[A-Za-z][A-Za-z-]{0,31}$/;
/** CONNECT makes tunnels, TRACE and TRACK mirror credentials. */
const refusedMethods: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);
/** They frame the message or steer the connection, which is the transport's alone. */
const reservedFields: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "upgrade",
  "te",
  "trailer",
  "expect",
  "http2-settings",
]);
const mostFields = 100;
const longestHead = 64 * 1024;

/** The method in upper case and the fields by lower-case name, or why they cannot be sent. */
export function judgeRequestHead(
  method: unknown,
  headers: Readonly<Record<string, unknown>> | undefined,
): RequestHead {
  if (typeof method !== "string" || !methodName.test(method)) return refuse("", "method");
  const name = method.toUpperCase();
  if (refusedMethods.has(name)) return refuse(name, "method");
  const fields = new Map<string, string>();
  let size = 0;
  for (const [field, value] of Object.entries(headers ?? {})) {
    const lower = field.toLowerCase();
    if (!token.test(field)) return refuse(name, "field_name");
    if (reservedFields.has(lower) || lower.startsWith("proxy-")) return refuse(name, "field_reserved");
    if (fields.has(lower)) return refuse(name, "field_twice");
    if (typeof value !== "string" || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      return refuse(name, "field_value");
    fields.set(lower, value);
    size += field.length + value.length;
    if (fields.size > mostFields || size > longestHead) return refuse(name, "head_size");
  }
  return { ok: true, method: name, fields };
}

function refuse(method: string, reason: HttpFailureReason): RequestHead {
  return { ok: false, method, reason };
}
