import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Network } from "./network.ts";
import { answering, readAll, type TestScript } from "./network.test.support.ts";
import { openNetwork } from "./open-network.ts";

let network: Network;
let script: TestScript;
const port = (): number => Number(new URL(network.proxy).port);

beforeAll(async () => {
  network = await openNetwork();
});
afterAll(async () => await network.close());
beforeEach(() => {
  script = answering();
  network.begin(script);
});

async function tunnelThrough(socket: Socket): Promise<string> {
  socket.write("CONNECT api.example.com:443 HTTP/1.1\r\nhost: api.example.com:443\r\n\r\n");
  const [head] = (await once(socket, "data")) as [Buffer];
  expect(head.toString()).toBe("HTTP/1.1 200 Connection established\r\n\r\n");
  const within = connectTls({ socket, servername: "api.example.com", ca: network.ca });
  await once(within, "secureConnect");
  within.write("GET /user HTTP/1.1\r\nhost: api.example.com\r\nconnection: close\r\n\r\n");
  return await readAll(within);
}

test("a plain request to the proxy is answered and heard", async () => {
  const socket = connect(port(), "127.0.0.1");
  socket.write(
    "GET http://api.example.com/user HTTP/1.1\r\nhost: api.example.com\r\nconnection: close\r\n\r\n",
  );
  expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(script.asked[0]?.url).toBe("http://api.example.com/user");
  expect(network.heard.map(({ host, proxy, secure }) => [host, proxy, secure])).toEqual([
    ["api.example.com", true, false],
  ]);
});

test("CONNECT leads to the name with its certificate, and all of it is heard", async () => {
  expect(await tunnelThrough(connect(port(), "127.0.0.1"))).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(script.asked.map(({ url }) => url)).toEqual(["https://api.example.com/user"]);
  const [heard] = network.heard;
  expect([heard?.host, heard?.proxy, heard?.secure]).toEqual(["api.example.com", true, true]);
  expect(Buffer.from(heard?.bytes() ?? []).toString()).toMatch(/^CONNECT [^]*\r\n\r\nGET \/user /);
});

test("a proxy that is reached over TLS tunnels as well", async () => {
  const socket = connectTls({ host: "127.0.0.1", port: port(), ca: network.ca, servername: "" });
  expect(await tunnelThrough(socket)).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(script.asked.map(({ url }) => url)).toEqual(["https://api.example.com/user"]);
});

test("a client that takes the proxy through the network gets the proxy", () => {
  const place = { address: "127.0.0.1", port: port() };
  expect(network.connectTo(place)).toEqual(place);
});

test("a tunnel to an address has that address's certificate", async () => {
  const socket = connect(port(), "127.0.0.1");
  socket.write("CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n");
  await once(socket, "data");
  const within = connectTls({ socket, host: "2001:db8::1", servername: "", ca: network.ca });
  await once(within, "secureConnect");
  expect(network.heard[0]?.host).toBe("2001:db8::1");
  within.destroy();
});

test("a tunnel through TLS that holds a plain request is a plain request", async () => {
  const socket = connectTls({ host: "127.0.0.1", port: port(), ca: network.ca, servername: "" });
  socket.write("CONNECT api.example.com:80 HTTP/1.1\r\n\r\n");
  await once(socket, "data");
  socket.write("GET /x HTTP/1.1\r\nhost: api.example.com\r\nconnection: close\r\n\r\n");
  expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(script.asked.map(({ url }) => url)).toEqual(["http://api.example.com/x"]);
});
