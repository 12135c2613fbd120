/**
 * What goes over the wire for a reply: its head, and its body in pieces.
 *
 * @module
 */

import { STATUS_CODES } from "node:http";
import { pipeline, Readable } from "node:stream";
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  deflateSync,
  gzipSync,
} from "node:zlib";
import type { Reply } from "../case-format.ts";
import type { WireReply } from "./network.ts";

/** Bytes that come one after the other; the next are made when they are asked for. */
export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface ReplyBytes {
  readonly head: Buffer;
  readonly pieces: Pieces;
  /** True when the connection closes after it: it says so, or it says that there is more than there is. */
  readonly closes: boolean;
}

const pieceSize = 65_536;
/** Larger bodies are coded as they are sent, so their length is not known at the head. */
const codedAtOnce = 1_048_576;
/** What `oversize` sends: more than any client takes. */
const oversize = 64 * 1_048_576;
/** A middle quality: the best one takes minutes for what a bomb unpacks to. */
const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/** The bytes of an answer to a request of this method, the faults that change bytes included. */
export function replyBytes(reply: WireReply, method: string): ReplyBytes {
  const { play } = reply;
  if (play.raw !== undefined) return rawBytes(play.raw, play.trail);
  const body = bodyOf(reply);
  const own = (name: string): string | undefined =>
    reply.fields.find(([field]) => field.toLowerCase() === name)?.[1];
  const bodiless = method === "HEAD" || [204, 304].includes(reply.status);
  const chunked =
    /\bchunked\b/i.test(own("transfer-encoding") ?? "") || (body.size === null && play.length === undefined);
  const size = play.fault === "truncate" ? Math.max(body.size ?? 0, 64) * 2 : (body.size ?? 0);
  const claimed = play.length ?? (chunked || reply.status === 204 ? undefined : size);

  const fields = [...reply.fields];
  const coding = play.said_coding ?? body.coding;
  if (coding !== undefined && own("content-encoding") === undefined)
    fields.push(["content-encoding", coding]);
  for (let n = 0; n < (play.fields ?? 0); n += 1) fields.push([`x-${n}`, String(n)]);
  if (chunked && own("transfer-encoding") === undefined) fields.push(["transfer-encoding", "chunked"]);
  if (claimed !== undefined && own("content-length") === undefined)
    fields.push(["content-length", String(claimed)]);

  const said = Number(own("content-length") ?? claimed);
  const short = !bodiless && !chunked && said > (body.size ?? Number.POSITIVE_INFINITY);
  const framed = chunked ? inChunks(body.pieces) : body.pieces;
  return {
    head: headOf(reply.status, fields),
    pieces: followed(bodiless ? [] : framed, play.trail),
    closes: /\bclose\b/i.test(own("connection") ?? "") || short,
  };
}

interface Body {
  readonly pieces: Pieces;
  /** Null: not known before it was made. */
  readonly size: number | null;
  readonly coding: string | undefined;
}

function bodyOf({ body, play }: WireReply): Body {
  if (play.fault === "oversize") return { pieces: endlessText(), size: null, coding: undefined };
  if (play.fault === "bad_encoding") {
    const bytes = body.length > 0 ? body : Buffer.from("this was never compressed");
    return { pieces: [bytes], size: bytes.length, coding: "gzip" };
  }
  const { coding } = play;
  if (coding === undefined) return { pieces: slices(body), size: body.length, coding };
  if (body.length > codedAtOnce) return { pieces: streamCoded(body, coding), size: null, coding };
  const coded = codeAtOnce(body, coding);
  return { pieces: slices(coded), size: coded.length, coding };
}

type Coding = NonNullable<Reply["coding"]>;

function codeAtOnce(body: Uint8Array, coding: Coding): Uint8Array {
  if (coding === "gzip") return gzipSync(body);
  return coding === "deflate" ? deflateSync(body) : brotliCompressSync(body, brotli);
}

function streamCoded(body: Uint8Array, coding: Coding): AsyncIterable<Uint8Array> {
  const coder =
    coding === "gzip" ? createGzip() : coding === "deflate" ? createDeflate() : createBrotliCompress(brotli);
  // Who leaves the loop over the coder destroys both; nobody else hears of it.
  return pipeline(Readable.from(slices(body)), coder, () => {});
}

/** Head and body as they are; the connection closes after them. */
function rawBytes(raw: string, trail: string | undefined): ReplyBytes {
  const end = raw.indexOf("\r\n\r\n");
  const head = end < 0 ? raw : raw.slice(0, end + 4);
  return {
    head: Buffer.from(head, "latin1"),
    pieces: followed(slices(Buffer.from(raw.slice(head.length), "latin1")), trail),
    closes: true,
  };
}

/** Texts of one character a byte; a header value that has more in it is UTF-8. */
function headOf(status: number, fields: readonly (readonly [string, string])[]): Buffer {
  const lines = fields.map(([name, value]) => `${name}: ${value}`);
  const text = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unnamed"}`, ...lines, "", ""].join("\r\n");
  return Buffer.from(text, /[^\u0000-\u00ff]/.test(text) ? "utf8" : "latin1");
}

/** The bytes in pieces of at most `size`, as views. */
export function* slices(bytes: Uint8Array, size: number = pieceSize): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function* followed(pieces: Pieces, trail: string | undefined): AsyncIterable<Uint8Array> {
  yield* pieces;
  if (trail !== undefined) yield Buffer.from(trail, "latin1");
}

/** RFC 9112 §7.1. */
async function* inChunks(pieces: Pieces): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) {
    if (piece.length === 0) continue;
    yield Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);
  }
  yield Buffer.from("0\r\n\r\n");
}

/** JSON as it seems, too long to be read to its end. */
function* endlessText(): Iterable<Uint8Array> {
  yield Buffer.from('{"items":["');
  const piece = Buffer.from('aaaaaaa","'.repeat(6_553));
  for (let sent = 0; sent < oversize; sent += piece.length) yield piece;
  yield Buffer.from('"]}');
}
