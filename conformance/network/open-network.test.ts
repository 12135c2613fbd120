import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Network } from "./network.ts";
import { answering, get, open, readAll, type TestScript } from "./network.test.support.ts";
import { openNetwork } from "./open-network.ts";

let network: Network;
let script: TestScript;

beforeAll(async () => {
  network = await openNetwork();
});
afterAll(async () => await network.close());
beforeEach(() => {
  script = answering();
  network.begin(script);
});

function heardText(): string[] {
  return network.heard.map((heard) => Buffer.from(heard.bytes()).toString("latin1"));
}

test("a connection is known by the address and port that its client meant", async () => {
  await get(network, "https://as.example.com/token", { method: "POST", body: "a=b" });
  await get(network, "https://169.254.169.254:8443/latest");
  await get(network, "https://[::1]/");
  await get(network, "http://localhost:8080/cb?x=1");
  const [as] = await network.lookup("as.example.com");
  expect(
    network.heard.map(({ address, port, host, secure, proxy }) => [address, port, host, secure, proxy]),
  ).toEqual([
    [as?.address, 443, "as.example.com", true, false],
    ["169.254.169.254", 8443, "169.254.169.254", true, false],
    ["::1", 443, "::1", true, false],
    ["127.0.0.1", 8080, "localhost", false, false],
  ]);
  expect(script.asked.map(({ method, url, body }) => [method, url, body])).toEqual([
    ["POST", "https://as.example.com/token", "a=b"],
    ["GET", "https://169.254.169.254:8443/latest", ""],
    ["GET", "https://[::1]/", ""],
    ["GET", "http://localhost:8080/cb?x=1", ""],
  ]);
});

test.each(["http://localhost:8080/", "https://as.example.com/"])("every byte to %s is kept", async (url) => {
  const first = "POST /a HTTP/1.1\r\nHost: h\r\ncontent-length: 6\r\n\r\nä\x00\xff\r\n";
  const second = "GET /b HTTP/1.1\r\nHost: h\r\n\r\n";
  const half = "GET /never HTTP/1.1\r\nAuthorization: Bea";
  const socket = await open(network, url);
  const bytes = Buffer.from(first + second + half, "latin1");
  socket.write(bytes.subarray(0, 40));
  socket.write(bytes.subarray(40));
  await network.settle();
  expect(heardText()).toEqual([bytes.toString("latin1")]);
  expect(network.heard[0]?.size).toBe(bytes.length);
  expect(script.asked.map((one) => one.url.slice(-4))).toEqual(
    ["//h/a", "//h/b"].map((end) => end.slice(-4)),
  );
  socket.destroy();
});

test("requests of one connection are answered one after the other", async () => {
  const order: string[] = [];
  network.begin({
    ...script,
    async answer({ url }) {
      order.push(`${url} asked`);
      await wait(url.endsWith("/1") ? 20 : 0);
      order.push(`${url} answered`);
      return { status: 200, fields: [], body: Buffer.from(url), play: {} };
    },
  });
  const socket = await open(network, "http://127.0.0.1:81/");
  socket.write("GET /1 HTTP/1.1\r\nhost: h\r\n\r\nGET /2 HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
  const text = await readAll(socket);
  expect(order).toEqual([
    "http://h/1 asked",
    "http://h/1 answered",
    "http://h/2 asked",
    "http://h/2 answered",
  ]);
  expect(text.match(/http:\/\/h\/./g)).toEqual(["http://h/1", "http://h/2"]);
});

test("nobody's request is a 502, and what is no request a 400", async () => {
  network.begin({ ...script, answer: async () => null });
  expect(await get(network, "https://as.example.com/")).toMatchObject({ status: 502, body: Buffer.alloc(0) });
  const socket = await open(network, "http://127.0.0.1:81/");
  socket.write("secret\r\n\r\n");
  expect(await readAll(socket)).toMatch(/^HTTP\/1\.1 400 /);
  expect(heardText()[1]).toBe("secret\r\n\r\n");
});

test("an answer that cannot be made cuts the connection, which says why", async () => {
  network.begin({ ...script, answer: async () => await Promise.reject(new Error("no such reply")) });
  expect(await get(network, "https://as.example.com/")).toEqual({ error: "ECONNRESET" });
  expect(network.heard[0]?.problem).toContain("no such reply");
});

test("a connection that sends too much is cut", async () => {
  const socket = await open(network, "http://127.0.0.1:81/");
  socket.on("error", () => {});
  socket.write("POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n");
  socket.write(Buffer.alloc(65 * 1_048_576));
  // It may also be told of a reset, as it still had bytes to send.
  await new Promise((resolve) => socket.once("close", resolve));
  expect(network.heard[0]?.problem).toContain("sent more than");
  expect(network.heard[0]?.bytes().length).toBeLessThanOrEqual(64 * 1_048_576);
});

test("a client that only connects is heard, too", async () => {
  const socket = await open(network, "http://127.0.0.1:81/");
  await network.settle();
  expect(network.heard.map(({ port, host, size }) => [port, host, size])).toEqual([[81, null, 0]]);
  socket.destroy();
});

test("a refused address takes no connection, and is asked each time", async () => {
  const asked: string[] = [];
  network.begin({
    ...script,
    refuses: (address, port) => asked.push(`${address}:${port}`) === 1,
  });
  const [place] = await network.lookup("as.example.com");
  expect(await get(network, "https://as.example.com/")).toEqual({ error: "ECONNREFUSED" });
  expect(network.heard).toEqual([]);
  expect((await get(network, "https://as.example.com/")).status).toBe(200);
  expect(asked).toEqual([`${place?.address}:443`, `${place?.address}:443`]);
});

test("one address too many is an error, and the next case begins from nothing", async () => {
  const dial = (from: number): void => {
    for (let port = from; port < from + 16; port += 1) network.connectTo({ address: "10.0.0.1", port });
  };
  dial(1);
  dial(1);
  expect(() => network.connectTo({ address: "10.0.0.1", port: 99 })).toThrow(
    "a case dials more than 16 addresses: 10.0.0.1:99 is one too many",
  );
  network.begin(script);
  dial(100);
});

test("begin ends what was before, and a place of the last case leads nowhere", async () => {
  const socket = await open(network, "https://as.example.com/");
  const old = network.connectTo({ address: "10.0.0.9", port: 443 });
  expect(network.heard.length).toBe(1);
  network.begin(script);
  socket.resume();
  await once(socket, "close");
  expect(network.heard).toEqual([]);
  const late = connect(old.port, old.address);
  late.resume();
  await once(late, "close");
  expect(network.heard).toEqual([]);
});

test("close leaves no listener and no handle", async () => {
  const before = process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP")).length;
  const other = await openNetwork();
  other.begin(answering({ drip: { bytes: 1, every: 60_000 } }));
  const to = other.connectTo({ address: "10.0.0.1", port: 80 });
  const socket = await open(other, "http://10.0.0.1/");
  socket.write("GET / HTTP/1.1\r\n\r\n");
  await once(socket, "data");
  await other.close();
  socket.resume();
  await once(socket, "close");
  for (const port of [to.port, Number(new URL(other.proxy).port)]) {
    const [error] = (await once(
      connect(port, "127.0.0.1").on("connect", () => {}),
      "error",
    ).catch((error: unknown) => [error])) as [NodeJS.ErrnoException];
    expect(error.code).toBe("ECONNREFUSED");
  }
  await wait(10);
  const after = process.getActiveResourcesInfo();
  expect(after.filter((name) => name.startsWith("TCP")).length).toBeLessThanOrEqual(before);
});
