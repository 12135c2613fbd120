/**
 * The listeners of the network: each address and port that a case dials leads to a listener of its own, so that every
 * connection is known by where its client meant to go.
 *
 * @module
 */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A server on 127.0.0.1 whose connections go where the network sends them. */
export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Opens one on a port that is free. It does not keep the process alive. */
export async function openListener(accept: (socket: Socket) => void): Promise<Listener> {
  const server = createServer(accept);
  server.unref();
  return { port: await listen(server), close: () => closed(server) };
}

/**
 * Holds a port that refuses connections for as long as it is held: it is the client's side of a connection, so nobody
 * listens on it, and nobody else gets it.
 */
export async function holdRefusingPort(): Promise<Listener> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.unref();
  });
  server.unref();
  const client = connect({ host: "127.0.0.1", port: await listen(server) });
  const [peer] = (await Promise.all([once(server, "connection"), once(client, "connect")]))[0] as [Socket];
  client.on("error", () => {});
  client.unref();
  const { localPort } = client;
  if (localPort === undefined) throw new Error("a connection on loopback has no port");
  return {
    port: localPort,
    async close() {
      const left = once(client, "close");
      client.destroy();
      peer.destroy();
      await Promise.all([left, closed(server)]);
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server): Promise<void> {
  await new Promise<void>((resolve) => void server.close(() => resolve()));
}
