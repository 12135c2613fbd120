import { once } from "node:events";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Network, WireReply } from "./network.ts";
import { answering, get, open, readAll } from "./network.test.support.ts";
import { openNetwork } from "./open-network.ts";

let network: Network;

beforeAll(async () => {
  network = await openNetwork();
});
afterAll(async () => await network.close());

const urls = ["https://as.example.com/", "http://localhost:8080/"];

/** The whole answer as it came, to a request after which the connection closes. */
async function wire(play: WireReply["play"], rest: Partial<WireReply> = {}): Promise<string> {
  network.begin(answering(play, rest));
  const socket = await open(network, "http://127.0.0.1:81/");
  socket.write("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
  return await readAll(socket);
}

describe.each(urls)("from %s", (url) => {
  test.each(["refuse", "reset", "close"] as const)("%s: no byte of an answer", async (fault) => {
    const script = answering({ fault });
    network.begin(script);
    expect(await get(network, url)).toEqual({ error: "ECONNRESET" });
    expect(script.asked.length).toBe(1);
  });

  test("reset is a reset, close is an end", async () => {
    for (const [fault, end] of [
      ["reset", "ECONNRESET"],
      ["close", "end"],
    ] as const) {
      network.begin(answering({ fault }));
      const socket = await open(network, url);
      const ended = new Promise<string | undefined>((resolve) => {
        socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
        socket.on("end", () => resolve("end"));
      });
      socket.resume();
      socket.write("GET / HTTP/1.1\r\n\r\n");
      expect(await ended).toBe(end);
    }
  });

  test("truncate: it breaks within the body", async () => {
    network.begin(answering({ fault: "truncate" }));
    const got = await get(network, url);
    expect(got).toMatchObject({ status: 200, error: "ECONNRESET" });
    expect(Number(got.headers?.["content-length"])).toBeGreaterThan(got.body?.length ?? 0);
    expect(got.body?.toString()).toBe("hel");
  });

  test("stall: the request is heard, and nothing comes back", async () => {
    const script = answering({ fault: "stall" });
    network.begin(script);
    const socket = await open(network, url);
    let came = 0;
    socket.on("data", (bytes: Buffer) => (came += bytes.length));
    socket.write("GET / HTTP/1.1\r\n\r\n");
    while (script.asked.length === 0) await wait(1);
    await network.settle();
    expect([came, socket.destroyed]).toEqual([0, false]);
    socket.destroy();
  });

  test("stall_body: the head, and no body", async () => {
    network.begin(answering({ fault: "stall_body" }));
    const socket = await open(network, url);
    socket.write("GET / HTTP/1.1\r\n\r\n");
    const [head] = (await once(socket, "data")) as [Buffer];
    expect(head.toString()).toBe("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\n");
    await network.settle();
    expect(socket.readableLength).toBe(0);
    socket.destroy();
  });

  test("bad_encoding: it says gzip and is none", async () => {
    network.begin(answering({ fault: "bad_encoding" }));
    const { headers, body } = await get(network, url);
    expect(headers?.["content-encoding"]).toBe("gzip");
    expect(() => gunzipSync(body ?? "")).toThrow("incorrect header check");
  });

  test("oversize: more than anybody takes, and it stops when the client leaves", async () => {
    network.begin(answering({ fault: "oversize" }));
    const got = await get(network, url, { leaveAfter: 1_000_000 });
    expect(got).toMatchObject({ status: 200, error: "left" });
    expect(got.body?.subarray(0, 20).toString()).toBe('{"items":["aaaaaaa",');
  });

  test("a drip comes in drops, and ends when the client leaves", async () => {
    network.begin(answering({ drip: { bytes: 2, every: 1 } }));
    expect((await get(network, url)).body?.toString()).toBe("hello");
    network.begin(answering({ drip: { bytes: 1, every: 60_000, from: "head" } }));
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const sockets = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const socket = await open(network, url);
        socket.write("GET / HTTP/1.1\r\n\r\n");
        const [first] = (await once(socket, "data")) as [Buffer];
        expect(first.toString()).toBe("H");
        return socket;
      }),
    );
    // Others have timers, too, but not so many.
    while (timers() < before + 20) await turn();
    for (const socket of sockets) socket.destroy();
    while (timers() > before + 10) await turn();
  });

  test.each(["gzip", "deflate", "br"] as const)("%s: small bodies and bombs", async (coding) => {
    const open = { gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync }[coding];
    for (const size of [5, 3 * 1_048_576]) {
      const body = Buffer.alloc(size, "a");
      network.begin(answering({ coding }, { body }));
      const got = await get(network, url);
      expect(got.headers?.["content-encoding"]).toBe(coding);
      expect(got.body?.length ?? 0).toBeLessThan(size + 30);
      expect(open(got.body ?? "").equals(body)).toBe(true);
    }
  });

  test("a large body arrives whole", async () => {
    const body = Buffer.alloc(5_000_001, "xyz");
    network.begin(answering({}, { body }));
    expect((await get(network, url)).body?.equals(body)).toBe(true);
  });
});

test("raw goes over the wire as it stands, and the connection closes", async () => {
  const raw = "HTTP/1.0 299 \xff\x00\nset-cookie: a\r\n\r\n\x80";
  expect(await wire({ raw, trail: "T" })).toBe(`${raw}T`);
  expect(await wire({ raw: "SSH-2.0\n", drip: { bytes: 3, every: 1, from: "head" } })).toBe("SSH-2.0\n");
});

test("fields keep their order and repeat, and more of them come at the end", async () => {
  const fields = [
    ["Location", "a"],
    ["x", "é"],
    ["location", "b"],
  ] as const;
  expect(await wire({ fields: 2 }, { fields, status: 302, body: Buffer.alloc(0) })).toBe(
    "HTTP/1.1 302 Found\r\nLocation: a\r\nx: \xe9\r\nlocation: b\r\nx-0: 0\r\nx-1: 1\r\ncontent-length: 0\r\n\r\n",
  );
});

test("length is what it claims, shorter or longer", async () => {
  expect(await wire({ length: 2 }, { fields: [] })).toBe("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhello");
  network.begin(answering({ length: 9 }));
  expect(await get(network, urls[0] ?? "")).toMatchObject({
    error: "ECONNRESET",
    body: Buffer.from("hello"),
  });
});

test("a content-length or a transfer coding of the case stands alone", async () => {
  expect(await wire({}, { fields: [["Content-Length", "5"]] })).toBe(
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  );
  expect(await wire({}, { fields: [["transfer-encoding", "chunked"]] })).toBe(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  );
});

test("said_coding says what it likes, trail comes after the end", async () => {
  expect(await wire({ said_coding: "zstd", trail: "HTTP/1.1 \xff" }, { fields: [] })).toBe(
    "HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\ncontent-length: 5\r\n\r\nhelloHTTP/1.1 \xff",
  );
});

test("where there is no body, none is sent", async () => {
  expect(await wire({}, { status: 204, fields: [] })).toBe("HTTP/1.1 204 No Content\r\n\r\n");
  network.begin(answering());
  const got = await get(network, urls[0] ?? "", { method: "HEAD" });
  expect([got.headers?.["content-length"], got.body?.length]).toEqual(["5", 0]);
});
