import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import type { HttpFailure, HttpRequest, HttpResponse } from "../ports.ts";
import { createRuntime } from "../index.ts";
import { createEgress, type EgressLimits, type EgressOptions } from "./egress.ts";
import { egressLimitTable, resolveEgressLimits } from "./egress-limits.ts";
import { trustedPolicy } from "./net-policy.ts";
import { createNodePorts } from "./node-ports.ts";
import { exactRedactor } from "./redactor.test.support.ts";
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

function sender(limits: Partial<EgressLimits>) {
  const egress = createEgress({ limits });
  cleanup.push(egress.close);
  const http = egress.http({ policy: trustedPolicy, seal: { open: (value) => ({ value, binding: null }) } });
  return (request: Partial<HttpRequest> & { url: string }): Promise<HttpResponse> =>
    http.send({ method: "GET", ...request });
}

/** Kind, `sent`, and the last sentence of the failure. */
async function fate(work: Promise<unknown>): Promise<[string, boolean, string]> {
  try {
    await work;
  } catch (error) {
    const { name, kind, sent, message } = error as HttpFailure;
    if (name === "HttpFailure") return [kind, sent, message.replace(/^.*[.:] /, "")];
    throw error;
  }
  throw new Error("it did not fail");
}

const head = "HTTP/1.1 200 OK\r\n";
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends the pieces with a pause before each. */
async function inPieces(socket: Socket, ms: number, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    await pause(ms);
    socket.write(piece);
  }
}

describe("the size of an answer", () => {
  test("responseHead counts names and values of its fields", async () => {
    // content-length: 2 is 15 bytes, the name of the other field 3.
    const server = await serve((socket, request) => {
      const more = Number(/\/(\d+)/.exec(request)?.[1]);
      socket.write(reply("ok", [`x-a: ${"a".repeat(more)}`]));
    });
    const send = sender({ responseHead: 1_000 });
    expect((await send({ url: `${server.url}/${1_000 - 18}` })).status).toBe(200);
    expect(await fate(send({ url: `${server.url}/${1_000 - 17}` }))).toEqual([
      "too_large",
      true,
      "Its head is over the cap.",
    ]);
    expect((await sender({ responseHead: 1_001 })({ url: `${server.url}/${1_000 - 17}` })).status).toBe(200);
  });

  test("responseFields counts its fields, and informational answers with theirs", async () => {
    const fields = (count: number) => Array.from({ length: count }, (_, i) => `x-${i}: 1`);
    const informational = (count: number) => "HTTP/1.1 102 Processing\r\n\r\n".repeat(count);
    const hint = "HTTP/1.1 103 Early Hints\r\nlink: a\r\nlink: b\r\n\r\n";
    const answers: Record<string, string> = {
      "/at": reply("", fields(9)).toString(),
      "/over": reply("", fields(10)).toString(),
      "/informed": informational(3) + hint + reply("", fields(3)).toString(),
      "/over-informed": informational(3) + hint + reply("", fields(4)).toString(),
      "/endless": informational(11),
    };
    const server = await serve((socket, request) => socket.write(answers[request.split(" ")[1] ?? ""] ?? ""));
    const send = sender({ responseFields: 10 });
    for (const path of ["/at", "/informed"])
      expect((await send({ url: server.url + path })).status).toBe(200);
    for (const path of ["/over", "/over-informed", "/endless"])
      expect(await fate(send({ url: server.url + path }))).toEqual([
        "too_large",
        true,
        "It has more header fields than it may have.",
      ]);
  });

  test("by default 100 fields and 16 KiB pass, and no more", async () => {
    const server = await serve((socket, request) => {
      const count = Number(/\/(\d+)/.exec(request)?.[1]);
      socket.write(
        reply(
          "ok",
          Array.from({ length: count }, (_, i) => `x-${i}: ${"a".repeat(100)}`),
        ),
      );
    });
    const send = sender({});
    expect((await send({ url: `${server.url}/99` })).status).toBe(200);
    expect((await fate(send({ url: `${server.url}/100` })))[2]).toBe(
      "It has more header fields than it may have.",
    );
  });

  test("responseBody is a cap on what a request asks for, also after decoding", async () => {
    const server = await serve((socket, request) => {
      const body = "x".repeat(Number(/\/(\d+)/.exec(request)?.[1]));
      socket.write(
        request.includes("gzip/") ? reply(gzipSync(body), ["content-encoding: gzip"]) : reply(body),
      );
    });
    const send = sender({ responseBody: 1_000 });
    for (const path of ["", "/gzip"]) {
      for (const maxBytes of [undefined, 5_000]) {
        const more = maxBytes === undefined ? {} : { maxBytes };
        expect((await send({ url: `${server.url}${path}/1000`, ...more })).body.length).toBe(1_000);
        expect((await fate(send({ url: `${server.url}${path}/1001`, ...more }))).slice(0, 2)).toEqual([
          "too_large",
          true,
        ]);
      }
      expect((await fate(send({ url: `${server.url}${path}/501`, maxBytes: 500 })))[0]).toBe("too_large");
    }
  });
});

describe("the time of an answer", () => {
  test("totalMs is a cap on what a request asks for", async () => {
    const server = await serve((socket) => {
      socket.write(`${head}content-length: 1000\r\n\r\n`);
      const drip = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(drip));
    });
    const send = sender({ totalMs: 200 });
    for (const timeoutMs of [undefined, 60_000, 50])
      expect(
        await fate(send({ url: server.url, ...(timeoutMs === undefined ? {} : { timeoutMs }) })),
      ).toEqual(["timeout", true, "There was no complete answer in time."]);
  });

  test("firstByteMs ends a request whose answer does not begin, on kept and fresh connections", async () => {
    const server = await serve((socket, request) => {
      if (request.includes("/ok")) socket.write(reply("ok"));
    });
    const send = sender({ firstByteMs: 80 });
    for (const freshSocket of [false, true]) {
      await send({ url: `${server.url}/ok`, freshSocket });
      expect(await fate(send({ url: server.url, freshSocket }))).toEqual([
        "timeout",
        true,
        "Nothing of it came in the time for its first byte.",
      ]);
    }
  });

  test("firstByteMs is over with the first byte, even of an informational answer", async () => {
    const server = await serve((socket) => {
      socket.write("HTTP/1.1 103 Early Hints\r\n\r\nH");
      void inPieces(socket, 80, ["TTP/1.1 200 OK\r\n", "content-length: 2\r\n", "\r\n", "o", "k"]);
    });
    expect((await sender({ firstByteMs: 250 })({ url: server.url })).status).toBe(200);
  });

  test("firstByteMs does not count the time that the request itself takes", async () => {
    const size = 16 * 1024 * 1024;
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.pause();
      setTimeout(() => socket.resume(), 1_500);
      let seen = 0;
      socket.on("data", (chunk) => {
        seen += chunk.length;
        if (seen > size) socket.write(reply("ok"));
      });
      // A listener for data makes it flow again.
      socket.pause();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanup.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    const send = sender({ firstByteMs: 700 });
    const answer = await send({
      method: "POST",
      url: `http://127.0.0.1:${port}`,
      body: new Uint8Array(size),
      freshSocket: true,
    });
    expect(answer.status).toBe(200);
  });

  test.each([
    ["inside the status line", "HTTP/1."],
    ["inside the head", `${head}content-le`],
    ["after an informational answer", "HTTP/1.1 103 Early Hints\r\n\r\n"],
    ["before the body", `${head}content-length: 10\r\n\r\n`],
    ["inside the body", `${head}content-length: 10\r\n\r\nabc`],
    ["inside a chunk", `${head}transfer-encoding: chunked\r\n\r\n5\r\nab`],
  ])("idleMs ends an answer that stops %s", async (_name, bytes) => {
    const server = await serve((socket) => socket.write(bytes));
    for (const freshSocket of [false, true])
      expect(await fate(sender({ idleMs: 80 })({ url: server.url, freshSocket }))).toEqual([
        "timeout",
        true,
        "It stopped in the middle for longer than it may be silent.",
      ]);
  });

  test("idleMs begins anew with every piece, of the head and of the body", async () => {
    const server = await serve((socket) => {
      const pieces = [
        ...(`${head}x-a: b\r\ncontent-length: 5\r\n\r\n`.match(/.{1,5}/gs) ?? []),
        "h",
        "e",
        "llo",
      ];
      void inPieces(socket, 25, pieces);
    });
    const answer = await sender({ idleMs: 300, firstByteMs: 300 })({ url: server.url });
    expect(Buffer.from(answer.body).toString()).toBe("hello");
  });

  test("a connection that is kept may be silent for longer", async () => {
    const server = await serve((socket) => socket.write(reply("ok")));
    const send = sender({ idleMs: 40, firstByteMs: 200 });
    for (let i = 0; i < 3; i += 1) {
      expect((await send({ url: server.url })).status).toBe(200);
      await pause(80);
    }
    expect(server.connections).toBe(1);
  });

  test("connectMs ends a connection that is not made, TLS included", async () => {
    const silent = createServer((socket) => socket.on("error", () => {}).resume());
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    cleanup.push(() => new Promise((resolve) => silent.close(resolve)));
    const { port } = silent.address() as AddressInfo;
    for (const freshSocket of [false, true])
      expect(
        await fate(sender({ connectMs: 60 })({ url: `https://127.0.0.1:${port}`, freshSocket })),
      ).toEqual(["connect", false, "The connection was not made in time."]);
  });
});

describe("the options", () => {
  const invalid: [name: string, options: unknown, message: string, hint: string][] = [
    ["NaN", { limits: { connectMs: Number.NaN } }, "connectMs is out of its range", "from 1 to 3600000 ms"],
    ["zero", { limits: { idleMs: 0 } }, "idleMs is out of its range", "from 1"],
    ["negative", { limits: { responseBody: -1 } }, "responseBody is out of its range", "bytes"],
    [
      "a fraction",
      { limits: { responseFields: 1.5 } },
      "responseFields is out of its range",
      "from 1 to 2000.",
    ],
    [
      "infinite",
      { limits: { totalMs: Number.POSITIVE_INFINITY } },
      "totalMs is out of its range",
      "86400000 ms",
    ],
    ["too much", { limits: { responseHead: 2 ** 21 } }, "responseHead is out of its range", "1048576 bytes"],
    ["text", { limits: { firstByteMs: "1000" } }, "firstByteMs is out of its range", "whole number"],
    ["an unknown limit", { limits: { idle: 1 } }, 'there is no limit "idle"', "Did you mean idleMs?"],
    [
      "a limit of nowhere",
      { limits: { constructor: 1 } },
      'there is no limit "constructor"',
      "The limits are connectMs",
    ],
    ["limits that are none", { limits: 7 }, "limits is not an object", ""],
    ["an unknown option", { looukp: () => [] }, 'there is no option "looukp"', "Did you mean lookup?"],
    ["no function", { lookup: "8.8.8.8" }, "lookup is not a function", ""],
    ["no function either", { connectTo: {} }, "connectTo is not a function", ""],
    ["no proxy", { proxy: "ftp://proxy.example" }, "the proxy's URL is neither http nor https", "http://"],
    ["no certificate", { ca: "PEM" }, "ca is not a list of certificates", "PEM"],
    ["no options", "fast", "the options are not an object", ""],
  ];
  test.each(invalid)("that are %s are HARN-RUN-015 at once", async (_name, options, message, hint) => {
    const egress = options as EgressOptions;
    const expected = expect.objectContaining({
      code: "HARN-RUN-015",
      message: expect.stringContaining(message),
      ...(hint === "" ? {} : { hint: expect.stringContaining(hint) }),
    });
    expect(() => createEgress(egress)).toThrow(expected);
    expect(() => createNodePorts({ redactor: exactRedactor(), egress })).toThrow(expected);
    await expect(createRuntime({ egress })).rejects.toEqual(expected);
  });

  test("have the limits that docs/egress.md shows", async () => {
    const page = await readFile(new URL("../../../docs/egress.md", import.meta.url), "utf8");
    for (const [name, { default: usual, maximum, unit, limits }] of Object.entries(egressLimitTable)) {
      const [shown, most] = [usual, maximum].map(
        (value) => `${value.toLocaleString("en")}${unit === "count" ? "" : ` ${unit}`}`,
      );
      expect(page).toContain(`| \`${name}\` | ${shown} | ${most} | ${limits} |`);
    }
  });

  test("have defaults, which undefined means, and both ends of a range are allowed", () => {
    const defaults = resolveEgressLimits();
    for (const [name, range] of Object.entries(egressLimitTable)) {
      expect(defaults[name as keyof EgressLimits]).toBe(range.default);
      expect(resolveEgressLimits({ [name]: undefined })).toEqual(defaults);
      for (const value of [range.minimum, range.maximum])
        expect(resolveEgressLimits({ [name]: value })).toEqual({ ...defaults, [name]: value });
      expect(() => resolveEgressLimits({ [name]: range.maximum + 1 })).toThrow(name);
    }
    expect(Object.isFrozen(egressLimitTable)).toBe(true);
  });
});
