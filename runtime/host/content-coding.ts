/**
 * Undoes the content coding of an answer (RFC 9110, section 8.4) without letting it grow past a cap.
 *
 * @module
 */

import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import type { HttpFailureKind } from "../ports.ts";
import type { HttpFailureReason } from "./http-failure.ts";

export type Decoded =
  | { readonly ok: true; readonly body: Uint8Array }
  | { readonly ok: false; readonly kind: HttpFailureKind; readonly reason: HttpFailureReason };

/**
 * Decodes a body by its `content-encoding`: none, identity, gzip, deflate (with or without the zlib wrapper, as
 * servers send both) or br; one coding only. The result is never larger than `maxBytes`, and ends where `hold`, which is
 * told of each piece, answers false.
 */
export async function decodeContent(
  body: Uint8Array,
  coding: string | undefined,
  maxBytes: number,
  hold: (bytes: number) => boolean,
): Promise<Decoded> {
  const name = (coding ?? "").trim().toLowerCase();
  if (name === "" || name === "identity" || body.length === 0) return { ok: true, body };
  const decoder = decoderFor(name, body);
  if (decoder === null) return { ok: false, kind: "malformed", reason: "coding" };
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    decoder.end(body);
    for await (const piece of decoder as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size > maxBytes) return { ok: false, kind: "too_large", reason: "body_too_large" };
      if (!hold(piece.length)) return { ok: false, kind: "too_large", reason: "in_flight" };
      pieces.push(piece);
    }
  } catch {
    return { ok: false, kind: "malformed", reason: "coding_broken" };
  }
  return { ok: true, body: new Uint8Array(Buffer.concat(pieces)) };
}

function decoderFor(name: string, body: Uint8Array): Transform | null {
  if (name === "gzip" || name === "x-gzip") return createGunzip();
  if (name === "br") return createBrotliDecompress();
  // A zlib wrapper starts with compression method 8 (RFC 1950).
  if (name === "deflate") return ((body[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw();
  return null;
}
