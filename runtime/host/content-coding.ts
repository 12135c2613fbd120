/**
 * Undoes the content coding of an answer (RFC 9110, section 8.4) without letting it grow past a cap.
 *
 * @module
 */

import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw } from "node:zlib";
import type { HttpFailureKind } from "../ports.ts";
import type { HttpFailureReason } from "./http-failure.ts";

export type Decoded =
  | { readonly ok: true; readonly body: Uint8Array }
  | { readonly ok: false; readonly kind: HttpFailureKind; readonly reason: HttpFailureReason };

const decoders = {
  gzip: promisify(gunzip),
  zlib: promisify(inflate),
  deflate: promisify(inflateRaw),
  br: promisify(brotliDecompress),
};

/**
 * Decodes a body by its `content-encoding`: none, identity, gzip, deflate (with or without the zlib wrapper, as
 * servers send both) or br; one coding only. The result is never larger than `maxBytes`.
 */
export async function decodeContent(
  body: Uint8Array,
  coding: string | undefined,
  maxBytes: number,
): Promise<Decoded> {
  const name = (coding ?? "").trim().toLowerCase();
  if (name === "" || name === "identity" || body.length === 0) return { ok: true, body };
  const decoder = decoderFor(name, body);
  if (decoder === null) return { ok: false, kind: "malformed", reason: "coding" };
  try {
    return { ok: true, body: new Uint8Array(await decoder(body, { maxOutputLength: maxBytes })) };
  } catch (error) {
    const over = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    return over
      ? { ok: false, kind: "too_large", reason: "body_too_large" }
      : { ok: false, kind: "malformed", reason: "coding_broken" };
  }
}

function decoderFor(name: string, body: Uint8Array): (typeof decoders)["gzip"] | null {
  if (name === "gzip" || name === "x-gzip") return decoders.gzip;
  if (name === "br") return decoders.br;
  // A zlib wrapper starts with compression method 8 (RFC 1950).
  if (name === "deflate") return ((body[0] ?? 0) & 0x0f) === 8 ? decoders.zlib : decoders.deflate;
  return null;
}
