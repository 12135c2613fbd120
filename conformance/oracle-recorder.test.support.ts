/** A token server that writes down what it is asked and answers what it is told. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** As it was written, without the question mark. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers one request. */
export type Responder = (request: RecordedRequest, response: ServerResponse) => void;

export interface Recorder {
  readonly issuer: string;
  /** The requests since the last call of this. */
  taken(): readonly RecordedRequest[];
  /** Who answers from now on. */
  answer(responder: Responder): void;
  close(): Promise<void>;
}

/** Starts a recorder on 127.0.0.1 at a free port. */
export async function startRecorder(): Promise<Recorder> {
  let recorded: RecordedRequest[] = [];
  let responder: Responder = (_request, response) => void response.writeHead(404).end();
  const server = createServer((request, response) => {
    void record(request).then((seen) => {
      recorded.push(seen);
      responder(seen, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => {
      const taken = recorded;
      recorded = [];
      return taken;
    },
    answer: (next) => {
      responder = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function record(request: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { pathname, search } = new URL(request.url ?? "/", "http://127.0.0.1");
  return {
    method: request.method ?? "",
    path: pathname,
    query: search.slice(1),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(", ")]),
    ),
    body: Buffer.concat(chunks).toString("latin1"),
  };
}
