import { once } from "node:events";
import { type IncomingHttpHeaders, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { connect, isIP, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type ConnectionOptions } from "node:tls";
import type { Network, NetworkScript, WireReply, WireRequest } from "./network.ts";

/** A script that answers everything with one reply, and keeps what was asked. */
export interface TestScript extends NetworkScript {
  readonly asked: WireRequest[];
}

export function answering(
  play: WireReply["play"] = {},
  rest: Partial<WireReply & NetworkScript> = {},
): TestScript {
  const asked: WireRequest[] = [];
  const { status = 200, fields = [["content-type", "text/plain"]], body = Buffer.from("hello") } = rest;
  return {
    names: {},
    tls: {},
    refuses: () => false,
    async answer(request) {
      asked.push(request);
      return { status, fields, body, play };
    },
    ...rest,
    asked,
  };
}

/** How a request ended: what was answered, as far as it came, and the error's code. */
export interface Got {
  readonly status?: number;
  readonly headers?: IncomingHttpHeaders;
  readonly body?: Buffer;
  readonly error?: string;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly tls?: ConnectionOptions;
  /** Leaves after so many bytes of the body. */
  readonly leaveAfter?: number;
}

/** Sends a request with Node's own client, on a connection of its own, to where the network leads. */
export async function get(network: Network, url: string, sent: Sent = {}): Promise<Got> {
  const { hostname, protocol, host, pathname, search } = new URL(url);
  const name = hostname.replace(/^\[|\]$/g, "");
  const to = await placeOf(network, url);
  const options = {
    host: to.address,
    port: to.port,
    agent: false,
    path: pathname + search,
    method: sent.method ?? "GET",
    headers: { host, ...sent.headers },
  };
  const trust = {
    ca: network.ca,
    servername: isIP(name) === 0 ? name : "",
    checkServerIdentity: (_: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
      checkServerIdentity(name, certificate),
    ...sent.tls,
  };
  const request = protocol === "https:" ? secureRequest({ ...options, ...trust }) : plainRequest(options);
  return await new Promise((resolve) => {
    let got: Got = {};
    const failed = (error: NodeJS.ErrnoException): void =>
      resolve({ ...got, error: error.code ?? error.message });
    request.on("error", failed);
    request.on("response", (response) => {
      const { statusCode = 0, headers } = response;
      got = { status: statusCode, headers, body: Buffer.alloc(0) };
      response.on("error", failed);
      response.on("data", (bytes: Buffer) => {
        got = { ...got, body: Buffer.concat([got.body ?? Buffer.alloc(0), bytes]) };
        if (sent.leaveAfter !== undefined && (got.body?.length ?? 0) >= sent.leaveAfter) {
          request.destroy();
          resolve({ ...got, error: "left" });
        }
      });
      response.on("end", () => resolve(got));
    });
    request.end(sent.body);
  });
}

/** Opens a socket to where a URL leads, with TLS when it says so. */
export async function open(network: Network, url: string): Promise<Socket> {
  const { address, port } = await placeOf(network, url);
  if (new URL(url).protocol === "http:") {
    const socket = connect(port, address);
    await once(socket, "connect");
    return socket;
  }
  const socket = connectTls({ host: address, port, ca: network.ca, servername: new URL(url).hostname });
  await once(socket, "secureConnect");
  return socket;
}

/** Everything that arrives on a socket until its end. */
export async function readAll(socket: Socket): Promise<string> {
  let text = "";
  for await (const bytes of socket) text += (bytes as Buffer).toString("latin1");
  return text;
}

async function placeOf(network: Network, url: string): Promise<{ address: string; port: number }> {
  const { hostname, protocol, port } = new URL(url);
  const [found] = await network.lookup(hostname.replace(/^\[|\]$/g, ""));
  if (found === undefined) throw new Error("no address");
  return network.connectTo({
    address: found.address,
    port: Number(port || (protocol === "https:" ? 443 : 80)),
  });
}
