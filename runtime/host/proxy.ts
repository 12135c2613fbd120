/**
 * The way through a proxy: CONNECT to an address that was checked (RFC 9110 §9.3.6), never to a name. TLS with the server
 * itself happens inside: the proxy sees the address, the name in the handshake, and ciphertext.
 *
 * @module
 */

import { isIP, type Socket } from "node:net";
import type * as undici from "undici";
import { ConnectFault } from "./connect-fault.ts";
import type { NetworkAddress } from "./resolve.ts";
import { RunError } from "./run-error.ts";

/** A proxy, read from its URL. */
export interface Proxy {
  /** Scheme, host and port; no credentials. */
  readonly origin: string;
  /** Without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** True for https. */
  readonly secure: boolean;
  /** What `Proxy-Authorization` says (RFC 7617); null without credentials. */
  readonly authorization: string | null;
}

/** In bytes. What a proxy answers to CONNECT is short. */
const largestHead = 16_384;

/**
 * Reads the URL of a proxy.
 * @throws RunError HARN-RUN-015. The text is not shown: it may hold a password.
 */
export function judgeProxy(given: unknown): Proxy {
  if (typeof given !== "string" || !URL.canParse(given)) throw invalid("is no URL");
  const url = new URL(given);
  const secure = url.protocol === "https:";
  if (!secure && url.protocol !== "http:") throw invalid("is neither http nor https");
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    throw invalid("has more than a host and a port");
  return {
    origin: url.origin,
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    secure,
    authorization: url.username === "" && url.password === "" ? null : basic(url.username, url.password),
  };
}

function basic(username: string, password: string): string {
  let user: string;
  let secret: string;
  try {
    user = decodeURIComponent(username);
    secret = decodeURIComponent(password);
  } catch {
    throw invalid("has a user name or password that is not percent-encoded UTF-8");
  }
  if (user.includes(":")) throw invalid("has a user name with a colon");
  return `Basic ${Buffer.from(`${user}:${secret}`, "utf8").toString("base64")}`;
}

function invalid(why: string): RunError {
  return new RunError("HARN-RUN-015", `egress: the proxy's URL ${why}`, {
    hint: "Write http://proxy.example:3128, or with credentials http://user:password@proxy.example:3128.",
  });
}

/**
 * Asks the proxy at the other end of `socket` for a tunnel.
 * @throws ConnectFault when it refuses, or answers what is no HTTP or too much; the socket is destroyed then.
 */
export async function openTunnel(
  library: typeof undici,
  proxy: Proxy,
  socket: Socket,
  to: NetworkAddress,
  signal: AbortSignal,
): Promise<Socket> {
  const authority = `${isIP(to.address) === 6 ? `[${to.address}]` : to.address}:${to.port}`;
  const client = new library.Client(proxy.origin, {
    allowH2: false,
    maxHeaderSize: largestHead,
    headersTimeout: 0,
    bodyTimeout: 0,
    // Not at once: the client would take no notice.
    connect: (_target, callback) => queueMicrotask(() => callback(null, socket)),
  });
  try {
    const answer = await client.connect({
      path: authority,
      headers: {
        host: authority,
        ...(proxy.authorization === null ? {} : { "proxy-authorization": proxy.authorization }),
      },
      signal,
    });
    if (answer.statusCode >= 200 && answer.statusCode < 300) return socket;
    throw new ConnectFault(answer.statusCode === 407 ? "proxy_credentials" : "proxy_refused");
  } catch (error) {
    socket.destroy();
    throw error instanceof ConnectFault ? error : new ConnectFault("proxy_answer");
  } finally {
    void client.destroy();
  }
}
