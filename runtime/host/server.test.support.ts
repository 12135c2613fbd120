import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** A TCP server that answers each complete HTTP request with whatever `answer` writes, however wrong. */
export interface RawServer {
  readonly url: string;
  readonly port: number;
  /** Every request as it came, head and body. */
  readonly requests: string[];
  connections: number;
  /** Connections that are open now. */
  readonly open: number;
  close(): Promise<void>;
}

export async function rawServer(
  answer: (socket: Socket, request: string) => void,
  host = "127.0.0.1",
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  const server: Server = createServer((socket) => {
    raw.connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    let seen = "";
    socket.on("data", (chunk) => {
      seen += chunk.toString("latin1");
      const end = seen.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(seen.slice(0, end))?.[1] ?? 0);
      if (seen.length < end + 4 + length) return;
      const request = seen.slice(0, end + 4 + length);
      seen = seen.slice(request.length);
      requests.push(request);
      answer(socket, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const raw: RawServer = {
    url: `http://${host}:${port}`,
    port,
    requests,
    connections: 0,
    get open() {
      return sockets.size;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
  return raw;
}

/** A complete answer with a length. */
export function reply(
  body: string | Uint8Array = "",
  fields: readonly string[] = [],
  status = "200 OK",
): Buffer {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, ...fields, `content-length: ${bytes.length}`, "", ""].join("\r\n");
  return Buffer.concat([Buffer.from(head, "latin1"), bytes]);
}
