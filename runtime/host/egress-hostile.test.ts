import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import type { HttpFailure, HttpRequest, HttpResponse } from "../ports.ts";
import { createEgress, type EgressOptions, type Lookup } from "./egress.ts";
import { createInFlight, type InFlight } from "./in-flight.ts";
import { trustedPolicy } from "./net-policy.ts";
import { type RawServer, rawServer, reply } from "./server.test.support.ts";

const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  while (cleanup.length > 0) await cleanup.pop()?.();
});

async function serve(...args: Parameters<typeof rawServer>): Promise<RawServer> {
  const server = await rawServer(...args);
  cleanup.push(server.close);
  return server;
}

const seal = { open: (value: string) => ({ value, binding: null }) };

function sender(options: EgressOptions & { inFlight?: InFlight } = {}) {
  const { inFlight, ...more } = options;
  const egress = createEgress(more);
  cleanup.push(egress.close);
  const http = egress.http({ policy: trustedPolicy, seal, ...(inFlight ? { inFlight } : {}) });
  return (request: Partial<HttpRequest> & { url: string }): Promise<HttpResponse> =>
    http.send({ method: "GET", ...request });
}

/** Kind, sent and retryable of the failure. */
async function fate(work: Promise<unknown>): Promise<[string, boolean, boolean]> {
  try {
    await work;
  } catch (error) {
    const { name, kind, sent, retryable } = error as HttpFailure;
    if (name === "HttpFailure") return [kind, sent, retryable];
    throw error;
  }
  throw new Error("it did not fail");
}

const chunk = (size: number) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;

describe("an answer", () => {
  test("that drips one byte at a time ends with the whole time", async () => {
    const server = await serve((socket) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
      const drip = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(drip));
    });
    expect(await fate(sender()({ url: server.url, timeoutMs: 200 }))).toEqual(["timeout", true, true]);
  });

  test("that never comes ends with the whole time", async () => {
    const server = await serve(() => {});
    expect(await fate(sender()({ url: server.url, timeoutMs: 100 }))).toEqual(["timeout", true, true]);
  });

  test.each([
    ["after the request", ""],
    ["inside the head", "HTTP/1.1 200 OK\r\ncontent-le"],
    ["inside the body", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"],
    ["inside a chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab"],
    ["before the last chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n"],
  ])("that is cut %s", async (_name, bytes) => {
    const server = await serve((socket) => socket.end(bytes));
    expect(await fate(sender()({ method: "POST", url: server.url, body: "x" }))).toEqual(["cut", true, true]);
    expect(server.requests.length).toBe(1);
  });

  test("that is reset is not asked for again", async () => {
    const server = await serve((socket) => socket.resetAndDestroy());
    expect(await fate(sender()({ url: server.url }))).toEqual(["cut", true, true]);
    expect(server.requests.length).toBe(1);
  });

  test("of exactly the cap passes; one byte more, of known or unknown length, does not", async () => {
    const server = await serve((socket, request) => {
      if (request.includes("/exact")) socket.write(reply("x".repeat(1_000)));
      else if (request.includes("/known")) socket.write(reply("x".repeat(1_001)));
      else
        socket.write(
          `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk(600)}${chunk(401)}0\r\n\r\n`,
        );
    });
    const send = sender();
    expect((await send({ url: `${server.url}/exact`, maxBytes: 1_000 })).body.length).toBe(1_000);
    for (const path of ["/known", "/chunked"])
      expect(await fate(send({ url: server.url + path, maxBytes: 1_000 }))).toEqual([
        "too_large",
        true,
        false,
      ]);
  });

  test("without end is stopped at the cap", async () => {
    let written = 0;
    const server = await serve((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const piece = Buffer.alloc(65_536, "x");
      const pour = () => {
        while (socket.writable && socket.write(piece)) written += piece.length;
      };
      socket.on("drain", pour);
      pour();
    });
    expect(await fate(sender()({ url: server.url, maxBytes: 1_000_000 }))).toEqual([
      "too_large",
      true,
      false,
    ]);
    expect(written).toBeLessThan(50_000_000);
  });

  test.each([
    ["gzip", gzipSync],
    ["x-gzip", gzipSync],
    ["GZIP", gzipSync],
    ["deflate", deflateSync],
    ["deflate", deflateRawSync],
    ["br", brotliCompressSync],
  ] as [string, (data: Buffer) => Buffer][])(
    "in %s is decoded up to the cap, a bomb refused",
    async (coding, encode) => {
      const plain = Buffer.from("plain text ".repeat(50));
      const server = await serve((socket, request) => {
        const body = request.includes("/bomb") ? encode(Buffer.alloc(20_000_000)) : encode(plain);
        socket.write(reply(body, [`content-encoding: ${coding}`]));
      });
      const send = sender();
      const answer = await send({ url: server.url, maxBytes: plain.length });
      expect(Buffer.from(answer.body).equals(plain)).toBe(true);
      expect(answer.headers["content-encoding"]).toBe(undefined);
      expect(await fate(send({ url: `${server.url}/bomb`, maxBytes: 1_000_000 }))).toEqual([
        "too_large",
        true,
        false,
      ]);
    },
  );

  test.each([
    ["an unknown coding", reply("x", ["content-encoding: zstd"])],
    ["two codings", reply(gzipSync("x"), ["content-encoding: gzip, gzip"])],
    ["a coding that is a lie", reply("not gzip", ["content-encoding: gzip"])],
    ["a truncated coding", reply(gzipSync("x".repeat(100)).subarray(0, 20), ["content-encoding: gzip"])],
    ["no HTTP", Buffer.from("SSH-2.0-server\r\n\r\n")],
    ["a length that is no number", Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nab")],
    ["two lengths", Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 1\r\n\r\nab")],
    [
      "a switch of protocols",
      Buffer.from("HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
    ],
  ])("with %s is malformed", async (_name, bytes) => {
    const server = await serve((socket) => socket.write(bytes));
    expect(await fate(sender()({ url: server.url, timeoutMs: 3_000 }))).toEqual(["malformed", true, false]);
  });

  test.each(["content-length: 2", "transfer-encoding: chunked"])(
    "with two lengths (%s) is refused",
    async (field) => {
      const server = await serve((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 1\r\n${field}\r\n\r\n0\r\n\r\n`),
      );
      const [kind, sent] = await fate(sender()({ url: server.url, timeoutMs: 3_000 }));
      // Which of the two it is called depends on how far the parser got.
      expect(["cut", "malformed"]).toContain(kind);
      expect(sent).toBe(true);
    },
  );

  test.each([
    ["one large field", [`x-a: ${"a".repeat(20_000)}`]],
    ["thousands of fields", Array.from({ length: 4_000 }, (_, i) => `x-${i}: 1`)],
  ])("with a head over the cap by %s is refused", async (_name, fields) => {
    const server = await serve((socket) => socket.write(reply("ok", fields)));
    expect(await fate(sender()({ url: server.url }))).toEqual(["too_large", true, false]);
  });

  test("with bytes behind its end gives them to nobody", async () => {
    const server = await serve((socket, request) => {
      if (request.includes("/first")) socket.write(Buffer.concat([reply("one"), reply("smuggled")]));
      else socket.write(reply("two"));
    });
    const send = sender();
    expect(Buffer.from((await send({ url: `${server.url}/first` })).body).toString()).toBe("one");
    expect(Buffer.from((await send({ url: `${server.url}/second` })).body).toString()).toBe("two");
  });
});

describe("a connection", () => {
  test("that is refused sent nothing", async () => {
    const server = await serve(() => {});
    await server.close();
    expect(await fate(sender()({ url: server.url }))).toEqual(["connect", false, true]);
  });

  test("to a name that does not resolve sent nothing, and tells nothing of the resolver", async () => {
    const send = sender({ lookup: () => Promise.reject(new Error("queryA ESERVFAIL 10.9.8.7")) });
    const work = send({ url: "https://api.example/" });
    await expect(work).rejects.toThrow(
      "GET https://api.example: No connection could be made. The name does not resolve.",
    );
    expect(await fate(work)).toEqual(["connect", false, true]);
  });

  test("that is slow to resolve counts into the whole time", async () => {
    const send = sender({ lookup: () => new Promise(() => {}) });
    expect(await fate(send({ url: "https://api.example/", timeoutMs: 50 }))).toEqual([
      "timeout",
      false,
      true,
    ]);
  });

  test("where TLS never answers is given up", async () => {
    const server = createServer((socket) => socket.on("error", () => {}).resume());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanup.push(() => new Promise((resolve) => server.close(resolve)));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await fate(sender({ limits: { connectMs: 100 } })({ url }))).toEqual(["connect", false, true]);
    expect(await fate(sender()({ url, timeoutMs: 100 }))).toEqual(["timeout", false, true]);
  });

  test("where TLS is answered in plain text sent nothing", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanup.push(() => new Promise((resolve) => server.close(resolve)));
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
    const lookup: Lookup = async () => [{ address: "127.0.0.1", family: 4 }];
    expect(await fate(sender({ lookup })({ url }))).toEqual(["connect", false, true]);
  });
});

describe("what the requests of one run hold in memory", () => {
  const held = "The requests and answers of one run may hold 64 MiB at a time.";
  const refused = { name: "HttpFailure", kind: "too_large", code: "HARN-RUN-014" };

  test("is counted over all answers, as they come", async () => {
    const open: Socket[] = [];
    const server = await serve((socket) => {
      open.push(socket);
      if (open.length > 3) socket.write(reply("x".repeat(1_000)));
      else socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 401\r\n\r\n${"x".repeat(400)}`);
    });
    const send = sender({ inFlight: createInFlight(1_000) });
    const sent = [1, 2, 3].map(() => send({ url: server.url }));
    const error = await Promise.any(
      sent.map((one) => one.then(Promise.reject.bind(Promise), (why: unknown) => why)),
    );
    expect(error).toMatchObject({ ...refused, sent: true, message: expect.stringContaining(held) });
    for (const socket of open) socket.write("x");
    const outcomes = await Promise.allSettled(sent);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "fulfilled", "rejected"]);
    // All was given back: one answer may take the whole again.
    expect((await send({ url: server.url })).body).toHaveLength(1_000);
  });

  test("counts what is sent, before it is sent", async () => {
    const server = await serve((socket) => socket.write(reply("ok")));
    const send = sender({ inFlight: createInFlight(1_000) });
    await expect(send({ method: "POST", url: server.url, body: "x".repeat(1_001) })).rejects.toMatchObject({
      ...refused,
      sent: false,
      message: expect.stringContaining(held),
    });
    expect(server.connections).toBe(0);
  });

  test("counts what an encoded answer decodes to", async () => {
    const server = await serve((socket) =>
      socket.write(reply(gzipSync("x".repeat(100_000)), ["content-encoding: gzip"])),
    );
    await expect(sender({ inFlight: createInFlight(99_000) })({ url: server.url })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(held),
    });
  });

  test("keeps no token answer from arriving", async () => {
    const server = await serve((socket, request) =>
      socket.write(request.startsWith("POST") ? reply("x".repeat(500)) : "HTTP/1.1 200 OK\r\n\r\nall"),
    );
    const inFlight = createInFlight(3);
    const send = sender({ inFlight });
    const rest = inFlight.enter(false);
    expect(rest.hold(3)).toBe(true);
    expect((await send({ method: "POST", url: server.url, freshSocket: true })).body).toHaveLength(500);
  });

  test("lets a request that waits for its turn end unsent", async () => {
    const server = await serve((socket) => socket.write(reply("ok")));
    const inFlight = createInFlight(1_000, 1);
    const send = sender({ inFlight });
    const first = inFlight.enter(true);
    const waiting = { url: server.url, freshSocket: true };
    expect(await fate(send({ ...waiting, timeoutMs: 50 }))).toEqual(["timeout", false, true]);
    const next = send(waiting);
    first.end();
    expect((await next).status).toBe(200);
    expect(server.connections).toBe(1);
  });
});

describe("an end from outside", () => {
  test("a signal cancels before and after sending", async () => {
    const server = await serve(() => controller.abort());
    const controller = new AbortController();
    const send = sender();
    expect(await fate(send({ url: server.url, signal: AbortSignal.abort() }))).toEqual([
      "cancelled",
      false,
      false,
    ]);
    expect(server.connections).toBe(0);
    expect(await fate(send({ url: server.url, signal: controller.signal }))).toEqual([
      "cancelled",
      true,
      false,
    ]);
  });

  test("untilSent cancels before sending only", async () => {
    const controller = new AbortController();
    const server = await serve((socket) => {
      controller.abort();
      setImmediate(() => setImmediate(() => socket.write(reply("granted"))));
    });
    const lookup: Lookup = async () => {
      unsent.abort();
      return [{ address: "127.0.0.1", family: 4 }];
    };
    const unsent = new AbortController();
    const url = `http://localhost:${server.port}`;
    for (const freshSocket of [true, false]) {
      const before = await fate(sender({ lookup })({ url, freshSocket, untilSent: unsent.signal }));
      expect(before).toEqual(["cancelled", false, false]);
      const early = await fate(sender()({ url: server.url, freshSocket, untilSent: AbortSignal.abort() }));
      expect(early).toEqual(["cancelled", false, false]);
    }
    expect(server.requests).toEqual([]);
    const { body } = await sender()({ url: server.url, untilSent: controller.signal });
    expect([controller.signal.aborted, Buffer.from(body).toString()]).toEqual([true, "granted"]);
  });

  test("close cancels what is under way, and nothing is sent afterwards", async () => {
    const egress = createEgress();
    const http = egress.http({ policy: trustedPolicy, seal });
    const server = await serve(() => void egress.close());
    expect(await fate(http.send({ method: "GET", url: server.url }))).toEqual(["cancelled", true, false]);
    expect(await fate(http.send({ method: "GET", url: server.url }))).toEqual(["cancelled", false, false]);
    expect(server.requests.length).toBe(1);
  });

  test("the process exits by itself after close, with requests under way", async () => {
    const script = `
      import { createServer } from "node:net";
      import { createEgress } from ${JSON.stringify(new URL("./egress.js", import.meta.url).href)};
      const silent = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => silent.once("listening", resolve));
      silent.unref();
      const policy = { allows: () => true, names: () => true };
      const egress = createEgress({ limits: { connectMs: 1e6 } });
      const http = egress.http({ policy, seal: { open: (value) => ({ value, binding: null }) } });
      const { port } = silent.address();
      const ends = ["http", "https"].map((scheme) =>
        http.send({ method: "GET", url: scheme + "://127.0.0.1:" + port, timeoutMs: 1e9 }).catch((e) => e.kind));
      await new Promise((resolve) => setTimeout(resolve, 200));
      await egress.close();
      console.log((await Promise.all(ends)).join());
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (data: Buffer) => {
      output += data.toString();
    });
    const [code] = (await once(child, "exit")) as [number];
    expect([code, output.trim()]).toEqual([0, "cancelled,cancelled"]);
  });

  test.each([
    ["the whole time", { timeoutMs: 250 }, {}],
    ["the time for its first byte", {}, { firstByteMs: 250 }],
  ])("an answer that arrived while the process was frozen past %s is read", async (_name, more, limits) => {
    // The server lives in a thread, so that it answers while this one is blocked past the time limit.
    const worker = new Worker(
      `const { parentPort } = require("node:worker_threads");
       const server = require("node:http").createServer((_, answer) =>
         setTimeout(() => answer.end("in the mailbox"), 100));
       server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
      { eval: true },
    );
    cleanup.push(() => worker.terminate());
    const [port] = (await once(worker, "message")) as [number];
    const send = sender({ limits });
    const url = `http://127.0.0.1:${port}/`;
    await send({ url });
    const pending = send({ url, ...more });
    await new Promise((resolve) => setTimeout(resolve, 40));
    // Between reading sockets and running timers, where a suspended process wakes up.
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500));
    expect(Buffer.from((await pending).body).toString()).toBe("in the mailbox");
  });
});
