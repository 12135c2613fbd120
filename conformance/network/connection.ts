/**
 * One connection to the network: finds out what it speaks, keeps what it says, and answers its requests one by one.
 *
 * @module
 */

import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Authority } from "./certificates.ts";
import { handshakeRecord, helloIsWhole, serverNameOf } from "./client-hello.ts";
import type { Heard, NetworkScript, WireReply, WireRequest } from "./network.ts";
import { type Line, playReply } from "./reply-player.ts";
import { type ReadRequest, requestReader } from "./request-reader.ts";

/** A connection that can be ended from outside. */
export interface Connection extends Heard {
  destroy(): void;
}

/** What a connection is, and who answers it. */
export interface Arrival {
  readonly address: string;
  readonly port: number;
  readonly proxy: boolean;
  readonly authority: Authority;
  readonly script: NetworkScript;
}

/** More than this of one connection is not kept: it is cut. */
const longestRecord = 64 * 1_048_576;

/** Answers what is no request. */
const refusal = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/** Answers a request to which the case says nothing. */
const nobody: WireReply = { status: 502, fields: [], body: new Uint8Array(), play: {} };

/** Takes over a socket that was accepted. */
export function serveConnection(socket: Socket, arrival: Arrival): Connection {
  const { address, port, proxy, authority, script } = arrival;
  const kept: Buffer[] = [];
  let size = 0;
  let serverName: string | null = null;
  let hostField: string | null = null;
  let secure = false;
  let problem: string | null = null;

  socket.setNoDelay(true);
  // How a client leaves is its own affair.
  socket.on("error", () => {});

  function keep(bytes: Buffer): boolean {
    size += bytes.length;
    if (size <= longestRecord) {
      kept.push(bytes);
      return true;
    }
    problem = `sent more than ${longestRecord} bytes`;
    socket.destroy();
    return false;
  }

  /** Decides by the first byte, with bytes that have arrived already. Within a tunnel, `stream` may be TLS. */
  function begin(stream: Socket, early: Buffer): void {
    let first = early;
    const more = (bytes: Buffer): void => {
      first = first.length === 0 ? bytes : Buffer.concat([first, bytes]);
      decide();
    };
    const decide = (): void => {
      if (first.length === 0 || (first[0] === handshakeRecord && !helloIsWhole(first))) return;
      stream.off("data", more);
      if (first[0] === handshakeRecord) beginTls(stream, first);
      else speak(stream, first);
    };
    stream.on("data", more);
    decide();
  }

  function beginTls(under: Socket, hello: Buffer): void {
    serverName = serverNameOf(hello) ?? serverName;
    const host = serverName ?? address;
    const fault = script.tls[host] ?? null;
    if (fault === "plain") {
      if (keep(hello)) under.end(refusal);
      return;
    }
    secure = true;
    under.pause();
    under.unshift(hello);
    const stream = new TLSSocket(under, { isServer: true, secureContext: authority.contextOf(host, fault) });
    stream.on("error", () => socket.destroy());
    stream.on("close", () => socket.destroy());
    speak(stream, Buffer.alloc(0));
  }

  function speak(stream: Socket, early: Buffer): void {
    const reader = requestReader();
    let busy = false;

    async function answerAll(): Promise<void> {
      if (busy) return;
      busy = true;
      for (;;) {
        const request = nextRequest();
        if (request === null) break;
        hostField ??= request.headers["host"] ?? null;
        if (proxy && request.method === "CONNECT") {
          tunnel(request);
          return;
        }
        if (!(await answer({ stream, socket }, request))) return;
      }
      busy = false;
    }

    function nextRequest(): ReadRequest | null {
      try {
        return reader.next();
      } catch {
        stream.end(refusal);
        return null;
      }
    }

    const more = (bytes: Buffer): void => {
      if (!keep(bytes)) return;
      reader.push(bytes);
      void answerAll();
    };

    function tunnel(request: ReadRequest): void {
      stream.off("data", more);
      serverName = hostOf(request.target);
      secure = false;
      stream.write("HTTP/1.1 200 Connection established\r\n\r\n");
      begin(stream, reader.rest());
    }

    stream.on("data", more);
    if (early.length > 0) more(early);
  }

  /** True when the connection takes another request. */
  async function answer(line: Line, read: ReadRequest): Promise<boolean> {
    try {
      const reply = (await script.answer(wireRequest(read))) ?? nobody;
      const played = await playReply(line, read.method, reply);
      if (played === "next" && !/\bclose\b/i.test(read.headers["connection"] ?? "")) return true;
      if (played === "end" || played === "next") line.stream.end();
    } catch (error) {
      problem = `its request could not be answered: ${String(error)}`;
      socket.destroy();
    }
    return false;
  }

  function wireRequest({ method, target, headers, body }: ReadRequest): WireRequest {
    const host = headers["host"] ?? serverName ?? `${bracketed(address)}:${port}`;
    const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(target)
      ? target
      : `${secure ? "https" : "http"}://${host}${target}`;
    return { method, url, headers, body: body.toString("utf8") };
  }

  begin(socket, Buffer.alloc(0));
  return {
    address,
    port,
    proxy,
    get host() {
      return serverName ?? (hostField === null ? null : hostOf(hostField));
    },
    get secure() {
      return secure;
    },
    get problem() {
      return problem;
    },
    get size() {
      return size;
    },
    bytes: () => Buffer.concat(kept),
    destroy: () => void socket.destroy(),
  };
}

/** The host of `host:port`, without the brackets of an IPv6 address. */
function hostOf(authority: string): string {
  return authority
    .replace(/:\d*$/, "")
    .replace(/^\[|\]$/g, "")
    .toLowerCase();
}

function bracketed(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
