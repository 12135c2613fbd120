/**
 * Plays a reply to a socket: in one piece or in drops, and with the fault that the case asks for.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { WireReply } from "./network.ts";
import { type Pieces, replyBytes, slices } from "./reply-bytes.ts";

/** A connection as it is answered. */
export interface Line {
  /** Where bytes are written: the socket itself, or TLS upon it. */
  readonly stream: Socket;
  readonly socket: Socket;
}

/** Whether the connection takes another request, is ended, or is left as it is: open, and silent. */
export type Played = "next" | "end" | "silent";

/** Up to here a head waits for its body, so that both go out together. */
const together = 65_536;

/** Plays a reply. Returns as soon as the client has left, however much there was still to send. */
export async function playReply(line: Line, method: string, reply: WireReply): Promise<Played> {
  const { play } = reply;
  switch (play.fault) {
    // The connection was there from an earlier request: it can only break.
    case "refuse":
    case "reset":
      line.socket.resetAndDestroy();
      return "silent";
    case "close":
      return "end";
    case "stall":
      return "silent";
    case "stall_body":
    case "truncate":
    case "bad_encoding":
    case "oversize":
    case undefined:
  }
  const { head, pieces, closes } = replyBytes(reply, method);
  if (play.fault === "stall_body") {
    await write(line.stream, head);
    return "silent";
  }
  if (play.fault === "truncate") {
    await write(line.stream, head);
    await sendHalf(line.stream, pieces);
    line.socket.destroy();
    return "silent";
  }
  const { drip } = play;
  if (drip === undefined) await send(line.stream, joined(head, pieces));
  else if (drip.from === "head") await send(line.stream, drops(line.stream, before(head, pieces), drip));
  else {
    await write(line.stream, head);
    await send(line.stream, drops(line.stream, pieces, drip));
  }
  return closes ? "end" : "next";
}

/** Writes, and waits until the bytes were taken. False when the client is gone. */
function write(stream: Socket, bytes: Uint8Array): Promise<boolean> {
  if (!stream.writable) return Promise.resolve(false);
  return new Promise((resolve) => {
    const gone = (): void => resolve(false);
    stream.once("close", gone);
    stream.write(bytes, (error) => {
      stream.off("close", gone);
      resolve(error == null);
    });
  });
}

async function send(stream: Socket, pieces: Pieces): Promise<void> {
  for await (const piece of pieces) if (!(await write(stream, piece))) return;
}

async function sendHalf(stream: Socket, pieces: Pieces): Promise<void> {
  for await (const piece of pieces) {
    await write(stream, piece.subarray(0, Math.ceil(piece.length / 2)));
    return;
  }
}

async function* before(first: Uint8Array, pieces: Pieces): AsyncIterable<Uint8Array> {
  yield first;
  yield* pieces;
}

/** The head with as much of a short body as is there: a client then sees an answer at once. */
async function* joined(head: Uint8Array, pieces: Pieces): AsyncIterable<Uint8Array> {
  let waiting: Uint8Array[] = [head];
  let size = head.length;
  for await (const piece of pieces) {
    waiting.push(piece);
    size += piece.length;
    if (size < together) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    size = 0;
  }
  if (waiting.length > 0) yield Buffer.concat(waiting);
}

/** Cuts pieces into drops, and waits between them. */
async function* drops(
  stream: Socket,
  pieces: Pieces,
  { bytes, every }: { readonly bytes: number; readonly every: number },
): AsyncIterable<Uint8Array> {
  let first = true;
  for await (const piece of pieces)
    for (const drop of slices(piece, bytes)) {
      if (!first) await pause(stream, every);
      first = false;
      yield drop;
    }
}

/** Waits real milliseconds, or until the connection closes. */
function pause(stream: Socket, ms: number): Promise<void> {
  if (stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      stream.off("close", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    stream.once("close", over);
  });
}
