import { once } from "node:events";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** A proxy on loopback. */
export interface TestProxy {
  readonly port: number;
  /** The head of each request that it got. */
  readonly heads: string[];
  /** All bytes that it passed on to servers. */
  readonly passed: Buffer[];
  connections: number;
  /** Connections that are open now. */
  readonly open: number;
  close(): Promise<void>;
}

/**
 * `answer` is what it says to a request's head: a port opens a tunnel to that port of this machine, text is sent as it is,
 * and null is silence.
 */
export async function testProxy(
  answer: (head: string, socket: Socket) => number | string | null,
  identity?: { key: string; cert: string },
): Promise<TestProxy> {
  const heads: string[] = [];
  const passed: Buffer[] = [];
  const sockets = new Set<Socket>();

  const serve = (socket: Socket) => {
    proxy.connections += 1;
    hold(socket);
    let head = "";
    const onData = (chunk: Buffer) => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", onData);
      heads.push(head);
      const said = answer(head, socket);
      if (typeof said === "string") socket.write(said);
      if (typeof said !== "number") return;
      const server = connect(said, "127.0.0.1");
      hold(server);
      server.on("connect", () => {
        socket.write("HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n");
        socket.on("data", (bytes) => passed.push(bytes));
        socket.pipe(server).pipe(socket);
      });
    };
    socket.on("data", onData);
  };
  const hold = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  };

  const server = identity ? createTlsServer(identity, serve) : createTcpServer(serve);
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: TestProxy = {
    port: (server.address() as AddressInfo).port,
    heads,
    passed,
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
  return proxy;
}
