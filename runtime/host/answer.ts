/**
 * Collects one answer from the wire, with its caps, and names what can go wrong on the way.
 *
 * @module
 */

import type { HttpFailureKind } from "../ports.ts";
import { ConnectFault } from "./connect-fault.ts";
import type { HttpFailureReason } from "./http-failure.ts";

/** Why an exchange failed. */
export interface Fault {
  readonly kind: HttpFailureKind;
  readonly reason?: HttpFailureReason;
}

/** An answer as it stood on the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/** Header fields by lower-case name: repeated ones joined with ", ", `set-cookie` with "\n". Null prototype. */
export function collectFields(raw: readonly (Uint8Array | string)[]): Record<string, string> {
  const fields = Object.create(null) as Record<string, string>;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = latin1(raw[i]).toLowerCase();
    const value = latin1(raw[i + 1]);
    const before = fields[name];
    fields[name] = before === undefined ? value : `${before}${name === "set-cookie" ? "\n" : ", "}${value}`;
  }
  return fields;
}

function latin1(part: Uint8Array | string | undefined): string {
  if (part === undefined || typeof part === "string") return part ?? "";
  return Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("latin1");
}

/** What an error of the socket or the parser means. Before anything was sent it is always a failed connection. */
export function classifyFault(error: Error, sent: boolean): Fault {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "UND_ERR_INVALID_ARG") return { kind: "invalid_request" };
  if (!sent)
    return {
      kind: "connect",
      ...(error instanceof ConnectFault && error.reason ? { reason: error.reason } : {}),
    };
  if (code === "UND_ERR_HEADERS_OVERFLOW") return { kind: "too_large", reason: "head_too_large" };
  // The parser's own codes are lost on the way (7.30); its words say whether the end came too early.
  if (error.name === "HTTPParserError") return { kind: error.message.includes("EOF") ? "cut" : "malformed" };
  // An answer that makes no sense (a switch of protocols that was not asked for) closes the socket with these words.
  if (code === "UND_ERR_SOCKET" && error.message.startsWith("bad ")) return { kind: "malformed" };
  // Complete by its framing and of another length than it said: two lengths, or one beside chunks (RFC 9112 §6.3).
  if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH") return { kind: "malformed" };
  return { kind: "cut" };
}
