/**
 * A provider on a real loopback socket that answers what a test says, and ports to talk to it.
 */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../runtime/host/clock.ts";
import { createNodePorts, type NodePorts } from "../../runtime/host/node-ports.ts";
import { systemRandom } from "../../runtime/host/random.ts";
import { exactRedactor } from "../../runtime/host/redactor.test.support.ts";
import { createSealer } from "../../runtime/host/seal.ts";
import { createTestingWorld } from "../../runtime/host/testing-world.ts";
import type { LogEvent, Ports, Testing } from "../../runtime/ports.ts";

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  readonly form: URLSearchParams;
}

export type Reply =
  | {
      status?: number;
      json?: unknown;
      body?: string | Uint8Array;
      headers?: Record<string, string>;
      /** Sent after this promise. */
      after?: Promise<unknown>;
    }
  /** The connection is cut without an answer. */
  | "cut";

export interface ScriptedProvider {
  readonly origin: string;
  readonly seen: Seen[];
  /** Requests to a path. */
  at(path: string): Seen[];
  close(): Promise<void>;
}

/** Starts a server; `answer` gets the request and how many its path had before. */
export async function scriptedProvider(
  answer: (seen: Seen, earlier: number) => Reply | Promise<Reply>,
): Promise<ScriptedProvider> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8");
      const { url = "/", method = "", headers } = request;
      const path = url.split("?", 1)[0] ?? url;
      const one: Seen = { method, path, headers, text, form: new URLSearchParams(text) };
      const earlier = seen.filter((other) => other.path === path).length;
      seen.push(one);
      void respond(response, answer(one, earlier));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    seen,
    at: (path) => seen.filter((one) => one.path === path),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(response: ServerResponse, answer: Reply | Promise<Reply>): Promise<void> {
  const reply = await answer;
  if (reply === "cut") {
    response.destroy();
    return;
  }
  await reply.after;
  const json = "json" in reply;
  response.writeHead(reply.status ?? 200, {
    ...(json ? { "content-type": "application/json" } : {}),
    ...reply.headers,
  });
  response.end(json ? JSON.stringify(reply.json) : (reply.body ?? ""));
}

export interface TestPorts {
  readonly ports: NodePorts;
  /** The same world for a script that was not granted `reveal`. */
  readonly sealed: Ports;
  readonly testing: Testing;
  events(topic?: string): LogEvent[];
  close(): Promise<void>;
}

/** Real ports over a clock that a test can set. `granted` says which URLs the sealed run may reach. */
export function testPorts(granted: (url: string) => boolean = () => true): TestPorts {
  const redactor = exactRedactor();
  const world = createTestingWorld({ clock: systemClock() });
  const written: LogEvent[] = [];
  const ports = createNodePorts({
    redactor,
    clock: world.clock,
    sinks: [
      { name: "test", persists: false, write: (event) => void written.push(event), close: async () => {} },
    ],
  });
  const seal = createSealer({ random: systemRandom() }).forRun({ passThrough: false, redactor });
  const run = { ...ports.run, trusted: false, reveal: false, allowsNet: granted, entrusts: granted };
  return {
    ports,
    sealed: { ...ports, seal, run },
    testing: world.testing,
    events: (topic) => written.filter((event) => topic === undefined || event.topic === topic),
    close: () => ports.close(),
  };
}

/** A token-like text that no scanner takes for a real one. */
export function fakeToken(name: string, number = 1): string {
  return ["tok", name, String(number), "x".repeat(12)].join("-");
}
