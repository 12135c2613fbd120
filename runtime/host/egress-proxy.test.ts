import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import type { HttpFailure, HttpRequest, HttpResponse } from "../ports.ts";
import { type SecureServer, secureServer, selfSigned } from "./certificate.test.support.ts";
import { createEgress, type EgressOptions, type Lookup } from "./egress.ts";
import { type NetPolicy, trustedPolicy } from "./net-policy.ts";
import { createNodePorts } from "./node-ports.ts";
import { type TestProxy, testProxy } from "./proxy.test.support.ts";
import { exactRedactor } from "./redactor.test.support.ts";
import { rawServer, reply } from "./server.test.support.ts";

const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  while (cleanup.length > 0) await cleanup.pop()?.();
});

const publicAddress = "93.184.216.34";
const lookup: Lookup = async () => [{ address: publicAddress, family: 4 }];
const url = "https://api.example/path";

async function serve(name = "api.example"): Promise<SecureServer> {
  const server = await secureServer(name, reply("ok"));
  cleanup.push(server.close);
  return server;
}

async function proxyThat(...args: Parameters<typeof testProxy>): Promise<TestProxy> {
  const proxy = await testProxy(...args);
  cleanup.push(proxy.close);
  return proxy;
}

function sender(options: EgressOptions, policy: NetPolicy = trustedPolicy) {
  const egress = createEgress({ lookup, ...options });
  cleanup.push(egress.close);
  const http = egress.http({ policy, seal: { open: (value) => ({ value, binding: null }) } });
  return (request: Partial<HttpRequest> = {}): Promise<HttpResponse> =>
    http.send({ method: "GET", url, ...request });
}

async function failure(work: Promise<unknown>): Promise<HttpFailure> {
  try {
    await work;
  } catch (error) {
    if ((error as Error).name === "HttpFailure") return error as HttpFailure;
    throw error;
  }
  throw new Error("it did not fail");
}

const through = (proxy: TestProxy, userinfo = "") => `http://${userinfo}127.0.0.1:${proxy.port}`;

describe("a request through a proxy", () => {
  test("asks it for the checked address, never the name, and speaks TLS with the server inside", async () => {
    const server = await serve();
    const proxy = await proxyThat(() => server.port);
    const send = sender({ proxy: through(proxy), ca: server.cert });
    for (const freshSocket of [false, true, true]) {
      const answer = await send({ freshSocket, headers: { authorization: "Bearer in-the-tunnel" } });
      expect(Buffer.from(answer.body).toString()).toBe("ok");
    }
    expect(new Set(proxy.heads)).toEqual(
      new Set([
        `CONNECT ${publicAddress}:443 HTTP/1.1\r\nhost: ${publicAddress}:443\r\nconnection: close\r\n\r\n`,
      ]),
    );
    // One is kept for requests like the first, one for those that must arrive.
    expect(proxy.connections).toBe(2);
    expect(server.requests[0]).toContain("authorization: Bearer in-the-tunnel");
    expect(Buffer.concat(proxy.passed).toString("latin1")).not.toContain("in-the-tunnel");
  });

  test("names port and IPv6 address", async () => {
    const server = await serve();
    const proxy = await proxyThat(() => server.port);
    const found: Lookup = async () => [{ address: "2606:2800:220:1::1", family: 6 }];
    await sender({ proxy: through(proxy), ca: server.cert, lookup: found })({
      url: "https://api.example:8443/",
    });
    expect(proxy.heads[0]).toMatch(
      /^CONNECT \[2606:2800:220:1::1\]:8443 HTTP\/1\.1\r\nhost: \[2606:2800:220:1::1\]:8443\r\n/,
    );
  });

  test("takes only the right certificate for the name", async () => {
    const server = await serve("other.example");
    const proxy = await proxyThat(() => server.port);
    for (const ca of [server.cert, selfSigned("api.example").cert]) {
      const error = await failure(sender({ proxy: through(proxy), ca })());
      expect([error.kind, error.sent]).toEqual(["connect", false]);
      expect(error.message).toContain("the certificate was not accepted");
    }
    expect(server.requests).toEqual([]);
  });

  test.each(["10.0.0.1", "169.254.169.254", "127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1"])(
    "to a name at %s, which no grant names, never reaches the proxy",
    async (address) => {
      const proxy = await proxyThat(() => "HTTP/1.1 403 Forbidden\r\n\r\n");
      const found: Lookup = async () => [
        { address: publicAddress, family: 4 },
        { address, family: address.includes(":") ? 6 : 4 },
      ];
      const policy: NetPolicy = { allows: () => true, entrusts: () => true, names: () => false };
      const error = await failure(sender({ proxy: through(proxy), lookup: found }, policy)());
      expect(error.kind).toBe("address_refused");
      expect(proxy.connections).toBe(0);
    },
  );

  test("to this machine goes directly, over http and https", async () => {
    const proxy = await proxyThat(() => null);
    const plain = await rawServer((socket) => socket.write(reply("plain")));
    cleanup.push(plain.close);
    const server = await serve("localhost");
    const here: Lookup = async () => [{ address: "127.0.0.1", family: 4 }];
    const send = sender({ proxy: through(proxy), ca: server.cert, lookup: here });
    for (const freshSocket of [false, true]) {
      expect((await send({ url: plain.url, freshSocket })).status).toBe(200);
      expect((await send({ url: `https://localhost:${server.port}/`, freshSocket })).status).toBe(200);
    }
    expect(proxy.connections).toBe(0);
  });

  test("never asks for the proxy's own loopback", async () => {
    const proxy = await proxyThat(() => "HTTP/1.1 502 Bad Gateway\r\n\r\n");
    const found: Lookup = async () => [
      { address: "127.0.0.1", family: 4 },
      { address: "10.0.0.1", family: 4 },
      { address: "::1", family: 6 },
      { address: "::ffff:127.0.0.1", family: 6 },
      { address: "0.0.0.0", family: 4 },
      { address: "::", family: 6 },
    ];
    expect((await failure(sender({ proxy: through(proxy), lookup: found })())).kind).toBe("connect");
    expect(proxy.heads.map((head) => head.split(" ")[1])).toEqual(["10.0.0.1:443"]);
  });

  test("tries the next address when the proxy cannot reach one", async () => {
    const server = await serve();
    const proxy = await proxyThat((head) =>
      head.includes("[2606:") ? "HTTP/1.1 502 Bad Gateway\r\n\r\n" : server.port,
    );
    const found: Lookup = async () => [
      { address: "2606:2800:220:1::1", family: 6 },
      { address: publicAddress, family: 4 },
    ];
    expect((await sender({ proxy: through(proxy), ca: server.cert, lookup: found })()).status).toBe(200);
    expect(proxy.connections).toBe(2);
  });

  test("goes past what connectTo says", async () => {
    const server = await serve();
    const proxy = await proxyThat(() => server.port);
    const send = sender({
      proxy: through(proxy),
      ca: server.cert,
      connectTo: () => {
        throw new Error("asked");
      },
    });
    expect((await send()).status).toBe(200);
  });
});

describe("the proxy's own name", () => {
  test("is resolved by the same resolver, and may be private", async () => {
    const server = await serve();
    const proxy = await proxyThat(() => server.port);
    const found: Lookup = async (name) => [
      { address: name === "proxy.internal" ? "127.0.0.1" : publicAddress, family: 4 },
    ];
    const policy: NetPolicy = { allows: () => true, entrusts: () => true, names: () => false };
    const send = sender(
      { proxy: `http://proxy.internal:${proxy.port}`, ca: server.cert, lookup: found },
      policy,
    );
    expect((await send()).status).toBe(200);
    expect(proxy.heads.join()).not.toContain("proxy.internal");
  });

  test("must be in the certificate of an https proxy, which must be trusted", async () => {
    const server = await serve();
    const identity = selfSigned("proxy.internal");
    const proxy = await proxyThat(() => server.port, identity);
    const found: Lookup = async (name) => [
      { address: name.endsWith(".internal") ? "127.0.0.1" : publicAddress, family: 4 },
    ];
    const by = (name: string, ca: string[]) =>
      sender({ proxy: `https://u:secret@${name}:${proxy.port}`, ca, lookup: found })();
    expect((await by("proxy.internal", [server.cert, identity.cert])).status).toBe(200);
    expect(proxy.heads.length).toBe(1);
    for (const work of [
      by("proxy.internal", [server.cert]),
      by("evil.internal", [server.cert, identity.cert]),
    ])
      expect((await failure(work)).message).toContain("The proxy could not be reached.");
    expect(proxy.heads.length).toBe(1);
  });
});

describe("a proxy's refusal", () => {
  const refused = "The proxy refused to make it.";
  const unusable = "The proxy gave no answer that can be used.";
  const end = (socket: Socket) => {
    socket.end();
    return null;
  };
  test.each([
    [
      "407",
      () => "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n",
      "user name",
    ],
    ["403", () => "HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\ndenied", refused],
    ["502", () => "HTTP/1.1 502 Bad Gateway\r\n\r\n", refused],
    ["a redirect", () => "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1/\r\n\r\n", refused],
    ["a switch of protocols", () => "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", refused],
    ["garbage", () => "SSH-2.0-OpenSSH\r\n\r\n", unusable],
    ["a huge head", () => `HTTP/1.1 200 OK\r\nx-a: ${"a".repeat(20_000)}\r\n\r\n`, unusable],
    ["a head without end", () => `HTTP/1.1 200 OK\r\nx-a: ${"a".repeat(20_000)}`, unusable],
    ["an end", (_head: string, socket: Socket) => end(socket), unusable],
    ["silence", () => null, "The connection was not made in time."],
    ["half a head", () => "HTTP/1.1 200 OK\r\n", "The connection was not made in time."],
    [
      "a tunnel to no TLS",
      () => "HTTP/1.1 200 OK\r\n\r\nhello, this is no TLS",
      "the certificate was not accepted",
    ],
    ["a tunnel to silence", () => "HTTP/1.1 200 OK\r\n\r\n", "The connection was not made in time."],
  ] as [string, Parameters<typeof testProxy>[0], string][])(
    "by %s is a failed connection with a reason, and shows no credentials",
    async (_name, answer, sentence) => {
      const proxy = await proxyThat(answer);
      const secret = ["pass", "word", "7"].join("-");
      const node = createNodePorts({
        redactor: exactRedactor(),
        egress: {
          lookup,
          proxy: through(proxy, `user:${secret}@`),
          limits: { connectMs: sentence.includes("in time") ? 200 : 10_000 },
        },
      });
      cleanup.push(node.close);
      for (const freshSocket of [false, true]) {
        const error = await failure(node.http.send({ method: "GET", url, freshSocket }));
        expect([error.kind, error.code, error.sent, error.retryable]).toEqual([
          "connect",
          "HARN-RUN-014",
          false,
          true,
        ]);
        expect(error.message).toContain(sentence);
        const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(node.eventLog.events());
        for (const part of [secret, Buffer.from(`user:${secret}`).toString("base64")])
          expect(shown).not.toContain(part);
      }
      expect(proxy.heads.length).toBe(2);
      while (proxy.open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  );

  test("to be reached is one too", async () => {
    const proxy = await proxyThat(() => null);
    await proxy.close();
    const names: Lookup = (name) =>
      name === "api.example" ? lookup(name) : Promise.reject(new Error("no such name"));
    for (const where of [through(proxy), "http://nowhere.internal:3128"]) {
      const error = await failure(sender({ proxy: where, lookup: names })());
      expect([error.kind, error.sent]).toEqual(["connect", false]);
      expect(error.message).toContain("The proxy could not be reached.");
    }
  });

  test("to be resolved in time ends with the connection's limit", async () => {
    const names: Lookup = (name) => (name === "api.example" ? lookup(name) : new Promise(() => {}));
    const send = sender({ proxy: "http://proxy.internal:3128", lookup: names, limits: { connectMs: 50 } });
    expect((await failure(send())).message).toContain("The connection was not made in time.");
  });

  test("does not outlive a cancelled request, or the egress", async () => {
    const proxy = await proxyThat(() => null);
    const egress = createEgress({ lookup, proxy: through(proxy) });
    const http = egress.http({
      policy: trustedPolicy,
      seal: { open: (value) => ({ value, binding: null }) },
    });
    const controller = new AbortController();
    const first = failure(http.send({ method: "GET", url, freshSocket: true, signal: controller.signal }));
    const second = failure(http.send({ method: "GET", url }));
    while (proxy.heads.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    expect((await first).kind).toBe("cancelled");
    while (proxy.open > 1) await new Promise((resolve) => setTimeout(resolve, 5));
    await egress.close();
    expect((await second).kind).toBe("cancelled");
    while (proxy.open > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });
});

test("credentials go to the proxy, decoded, and to nobody else", async () => {
  const server = await serve();
  const proxy = await proxyThat(() => server.port);
  await sender({ proxy: through(proxy, "na%40me:p%3Aä@"), ca: server.cert })();
  const expected = Buffer.from("na@me:p:ä", "utf8").toString("base64");
  expect(proxy.heads[0]).toContain(`proxy-authorization: Basic ${expected}\r\n`);
  expect(server.requests.join()).not.toMatch(/proxy/i);
});

test("a script cannot give the proxy other credentials", async () => {
  const proxy = await proxyThat(() => null);
  const error = await failure(
    sender({ proxy: through(proxy) })({ headers: { "Proxy-Authorization": "Basic eDp5" } }),
  );
  expect(error.kind).toBe("invalid_request");
  expect(proxy.connections).toBe(0);
});

test("no proxy of the environment is used", async () => {
  const proxy = await proxyThat(() => "HTTP/1.1 502 Bad Gateway\r\n\r\n");
  const server = await serve();
  const plain = await rawServer((socket) => socket.write(reply("plain")));
  cleanup.push(plain.close);
  const bases = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NODE_USE_ENV_PROXY"];
  const names = bases.flatMap((name) => [name, name.toLowerCase()]);
  const before = names.map((name) => process.env[name]);
  for (const name of names)
    process.env[name] = /node/i.test(name) ? "1" : /^no/i.test(name) ? "" : `http://127.0.0.1:${proxy.port}`;
  try {
    const dialled: unknown[] = [];
    const send = sender({
      ca: server.cert,
      connectTo: (to) => {
        dialled.push(to);
        return to.port === 443 ? { address: "127.0.0.1", port: server.port } : to;
      },
    });
    for (const freshSocket of [false, true]) {
      expect((await send({ freshSocket })).status).toBe(200);
      expect((await send({ url: plain.url, freshSocket })).status).toBe(200);
    }
    expect(dialled).toContainEqual({ address: publicAddress, port: 443 });
    expect(proxy.connections).toBe(0);
  } finally {
    names.forEach((name, i) => {
      if (before[i] === undefined) delete process.env[name];
      else process.env[name] = before[i];
    });
  }
});

test("NO_PROXY takes nothing away from the proxy that was configured", async () => {
  const server = await serve();
  const proxy = await proxyThat(() => server.port);
  const before = process.env["NO_PROXY"];
  process.env["NO_PROXY"] = "*";
  try {
    expect((await sender({ proxy: through(proxy), ca: server.cert })()).status).toBe(200);
    expect(proxy.connections).toBe(1);
  } finally {
    if (before === undefined) delete process.env["NO_PROXY"];
    else process.env["NO_PROXY"] = before;
  }
});

test.each([
  ["no URL", "proxy.example:3128"],
  ["SOCKS", "socks5://proxy.example:1080"],
  ["a path", "http://proxy.example:3128/path"],
  ["a query", "http://proxy.example:3128/?a"],
  ["no host", "http://"],
  ["a broken escape", "http://us%zzer:secret@proxy.example/"],
  ["a colon in the user name", "http://us%3Aer:secret@proxy.example/"],
  ["empty", ""],
  ["an object", {} as string],
])("a proxy that is %s is HARN-RUN-015, and not shown", (_name, proxy) => {
  let thrown: unknown;
  try {
    createEgress({ proxy });
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: "HARN-RUN-015", message: expect.stringContaining("proxy") });
  expect(inspect(thrown)).not.toContain("secret");
});

test("a server that the proxy stands in for is not asked in clear", async () => {
  const seen: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => seen.push(data.toString("latin1")));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanup.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  const proxy = await proxyThat(() => port);
  const send = sender({ proxy: through(proxy), limits: { connectMs: 200 } });
  await failure(send({ freshSocket: true, headers: { authorization: "Bearer x-in-clear" } }));
  expect(seen.join()).not.toContain("x-in-clear");
  expect(seen.join().charCodeAt(0)).toBe(0x16);
});
