import { afterEach, describe, expect, test } from "vitest";
import type { HttpFailure, HttpRequest, HttpResponse, SealBinding } from "../ports.ts";
import { createEgress, type Egress, type EgressContext, type Lookup, type NetworkAddress } from "./egress.ts";
import type { NetPolicy } from "./net-policy.ts";
import { trustedPolicy, trustedPolicyNaming } from "./net-policy.ts";
import { systemRandom } from "./random.ts";
import { createSealer } from "./seal.ts";
import { type RawServer, rawServer, reply } from "./server.test.support.ts";

const sealer = createSealer({ random: systemRandom() });
const seal = sealer.forRun({ passThrough: false, redactor: null });
const cleanup: (() => Promise<void>)[] = [];

afterEach(async () => {
  while (cleanup.length > 0) await cleanup.pop()?.();
});

async function serve(...args: Parameters<typeof rawServer>): Promise<RawServer> {
  const server = await rawServer(...args);
  cleanup.push(server.close);
  return server;
}

function egressWith(lookup?: Lookup): Egress {
  const egress = createEgress(lookup ? { lookup } : {});
  cleanup.push(egress.close);
  return egress;
}

const grantedOnly: NetPolicy = { allows: () => true, entrusts: () => true, names: () => false };

function sender(context: Partial<EgressContext> = {}, lookup?: Lookup) {
  const http = egressWith(lookup).http({ policy: trustedPolicy, seal, ...context });
  return (request: Partial<HttpRequest> & { url: string }): Promise<HttpResponse> =>
    http.send({ method: "GET", ...request });
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

const text = (answer: HttpResponse) => Buffer.from(answer.body).toString();

describe("an exchange", () => {
  test("sends method, fields and body, asks for no encoding, and keeps repeated fields", async () => {
    const server = await serve((socket) =>
      socket.write(
        reply("hello", ["X-A: 1", "x-a: 2", "Set-Cookie: a=1, b", "set-cookie: c=2", "__proto__: p"]),
      ),
    );
    const answer = await sender()({
      method: "post",
      url: `${server.url}/a/b?c=d#secret-fragment`,
      headers: { "Content-Type": "text/plain", "Accept-Encoding": "gzip" },
      body: "grüße",
    });
    expect(answer.status).toBe(200);
    expect(text(answer)).toBe("hello");
    expect(Object.getPrototypeOf(answer.headers)).toBe(null);
    expect(answer.headers["x-a"]).toBe("1, 2");
    expect(answer.headers["set-cookie"]).toBe("a=1, b\nc=2");
    expect(Object.keys(answer.headers)).toContain("__proto__");
    const [request = ""] = server.requests;
    expect(request).toMatch(/^POST \/a\/b\?c=d HTTP\/1\.1\r\n/);
    expect(request).toContain("accept-encoding: identity");
    expect(request).not.toContain("gzip");
    expect(request).toContain("content-length: 7");
    expect(request).not.toContain("fragment");
    expect(answer.body.buffer.byteLength).toBe(answer.body.byteLength);
  });

  test("returns a redirect as it is, and sends no cookie back", async () => {
    const target = await serve((socket) => socket.write(reply("reached")));
    const server = await serve((socket) =>
      socket.write(
        reply("", [`location: ${target.url}/`, "set-cookie: session=1"], "307 Temporary Redirect"),
      ),
    );
    const send = sender();
    const answer = await send({ url: server.url, headers: { authorization: "Bearer raw" } });
    await send({ url: server.url });
    expect(answer.status).toBe(307);
    expect(answer.headers["location"]).toBe(`${target.url}/`);
    expect(target.connections).toBe(0);
    expect(server.requests[1]).not.toMatch(/cookie/i);
  });

  test("keeps connections, and keeps those for freshSocket apart", async () => {
    const server = await serve((socket) => socket.write(reply("ok")));
    const send = sender();
    for (let i = 0; i < 6; i += 1) await send({ url: server.url });
    const kept = server.connections;
    // A connection is free again one turn after its answer, so that two may take turns.
    expect(kept).toBeLessThanOrEqual(2);
    for (let i = 0; i < 3; i += 1) await send({ url: server.url, freshSocket: true });
    expect(server.connections).toBe(kept + 1);
    await Promise.all([0, 1].map(() => send({ url: server.url, freshSocket: true })));
    expect(server.connections).toBe(kept + 2);
  });

  test("a connection for freshSocket is used no more after a failure, or when the server ended it", async () => {
    let answers = 0;
    const server = await serve((socket) => {
      answers += 1;
      if (answers === 2) socket.destroy();
      else if (answers === 3) socket.end(reply("ok"));
      else socket.write(reply("ok"));
    });
    const send = sender();
    const ask = (): Promise<unknown> =>
      send({ url: server.url, freshSocket: true }).then(
        ({ status }) => status,
        (error: unknown) => (error as { kind: string }).kind,
      );
    expect([await ask(), await ask(), await ask()]).toEqual([200, "cut", 200]);
    await expect.poll(() => server.open).toBe(0);
    expect(await ask()).toBe(200);
    expect(server.connections).toBe(3);
  });

  test("reads HEAD, 204 and 1xx answers", async () => {
    const server = await serve((socket, request) => {
      if (request.startsWith("HEAD")) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n");
      else if (request.startsWith("DELETE")) socket.write("HTTP/1.1 204 No Content\r\n\r\n");
      else
        socket.write(
          Buffer.concat([Buffer.from("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"), reply("late")]),
        );
    });
    const send = sender();
    expect((await send({ method: "HEAD", url: server.url })).body.length).toBe(0);
    expect((await send({ method: "DELETE", url: server.url })).status).toBe(204);
    const answer = await send({ url: server.url });
    expect([answer.status, text(answer), answer.headers["link"]]).toEqual([200, "late", undefined]);
  });

  test("uses no proxy of the environment", async () => {
    const proxy = await serve((socket) => socket.write(reply("from the proxy")));
    const server = await serve((socket) => socket.write(reply("direct")));
    const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "NODE_USE_ENV_PROXY"];
    const before = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = name === "NODE_USE_ENV_PROXY" ? "1" : proxy.url;
    try {
      expect(text(await sender()({ url: server.url }))).toBe("direct");
      expect(proxy.connections).toBe(0);
    } finally {
      names.forEach((name, i) => {
        if (before[i] === undefined) delete process.env[name];
        else process.env[name] = before[i];
      });
    }
  });
});

describe("the destination", () => {
  test.each([
    ["no URL", "api.example"],
    ["relative", "/user"],
    ["scheme-relative", "//api.example/"],
    ["no slashes", "https:api.example"],
    ["three slashes", "https:///api.example/"],
    ["other scheme", "ftp://api.example/"],
    ["file", "file://localhost/etc/passwd"],
    ["data", "data:text/plain,x"],
    ["http to a public name", "http://api.example/"],
    ["http to a look-alike of localhost", "http://localhost.evil.example/"],
    ["user name", "https://user@api.example/"],
    ["password", "https://user:pass@api.example/"],
    ["empty userinfo", "https://@api.example/"],
    ["tab in the scheme", "ht\ttps://api.example/"],
    ["newline in the host", "https://api.\nexample/"],
    ["CR in the path", "https://api.example/\r\nhost: evil"],
    ["NUL", "https://api.example/\0"],
    ["backslash", "https://api.example\\@evil.example/"],
    ["backslash in the path", "https://api.example/\\evil"],
    ["leading space", " https://api.example/"],
    ["full-width letters", "https://ａpi.example/"],
    ["ideographic full stop", "https://api。example/"],
    ["soft hyphen", "https://api\u00ad.example/"],
    ["percent in the host", "https://%61pi.example/"],
    ["zone", "https://[fe80::1%25eth0]/"],
    ["too long", `https://api.example/${"a".repeat(20_000)}`],
    ["not text", 7 as unknown as string],
  ])("refuses %s", async (_name, url) => {
    const refused: string[] = [];
    const lookups: string[] = [];
    const send = sender({ onRefused: ({ kind }) => refused.push(kind) }, async (name) => {
      lookups.push(name);
      return [{ address: "127.0.0.1", family: 4 }];
    });
    const error = await failure(send({ url }));
    expect([error.kind, error.code, error.sent, error.retryable]).toEqual([
      "url_refused",
      "HARN-RUN-013",
      false,
      false,
    ]);
    expect(refused).toEqual(["url_refused"]);
    expect(lookups).toEqual([]);
  });

  test("outside the grant nothing is resolved; the hint says what to add", async () => {
    const refused: unknown[] = [];
    const lookups: string[] = [];
    const send = sender(
      {
        policy: { allows: () => false, entrusts: () => false, names: () => false },
        onRefused: (refusal) => refused.push(refusal),
      },
      async (name) => {
        lookups.push(name);
        return [];
      },
    );
    const error = await failure(
      send({ url: "https://api.github.com/user?token=abc", headers: { "x-h": "v" } }),
    );
    expect(error.code).toBe("HARN-RUN-010");
    expect(error.message).toBe("GET https://api.github.com: The run's net grant does not cover this URL.");
    expect(error.hint).toBe("Add api.github.com to the run's net grant (--allow-net=api.github.com).");
    expect(refused).toEqual([{ kind: "not_granted", method: "GET", origin: "https://api.github.com" }]);
    expect(lookups).toEqual([]);
    // A catalogue URL needs no grant: it gets as far as the resolver.
    const catalogue = await failure(send({ url: "https://api.github.com/", reach: "catalogue" }));
    expect([catalogue.kind, lookups]).toEqual(["connect", ["api.github.com"]]);
  });

  const spellings = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "017700000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "0.0.0.0",
    "0",
    "[::]",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[fd00:ec2::254]",
    "100.100.100.200",
    "168.63.129.16",
    "10.0.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "[fe80::1]",
    "[fc00::1]",
    "255.255.255.255",
    "224.0.0.1",
    "[ff02::1]",
  ];
  test.each(spellings)("refuses https://%s/ that no grant names", async (host) => {
    const refused: unknown[] = [];
    const send = sender({ policy: grantedOnly, onRefused: ({ kind }) => refused.push(kind) }, async () => {
      throw new Error("a literal is not looked up");
    });
    for (const reach of ["granted", "catalogue"] as const) {
      const error = await failure(send({ url: `https://${host}/`, reach, timeoutMs: 2_000 }));
      expect([error.kind, error.sent]).toEqual(["address_refused", false]);
    }
    expect(refused).toEqual(["address_refused", "address_refused"]);
  });

  test.each([
    ["a private address", [{ address: "10.1.2.3", family: 4 }]],
    [
      "a public and a private one",
      [
        { address: "93.184.216.34", family: 4 },
        { address: "::1", family: 6 },
      ],
    ],
    ["a mapped one", [{ address: "::ffff:10.0.0.1", family: 6 }]],
    ["a scoped one", [{ address: "fe80::1%eth0", family: 6 }]],
    ["nonsense", [{ address: "not an address", family: 4 }]],
  ] as [string, { address: string; family: 4 | 6 }[]][])(
    "refuses a name that resolves to %s",
    async (_name, list) => {
      const send = sender({ policy: grantedOnly }, async () => list);
      expect((await failure(send({ url: "https://api.example/" }))).kind).toBe("address_refused");
    },
  );

  test("takes no nonsense from a resolver, even where everything is granted", async () => {
    for (const address of ["nonsense", "::1"]) {
      const send = sender({}, async () => [{ address, family: 4 }]);
      expect((await failure(send({ url: "https://app.localhost/" }))).kind).toBe("address_refused");
    }
  });

  test("http leads to loopback only, even where private addresses are granted", async () => {
    const send = sender({}, async () => [{ address: "10.0.0.1", family: 4 }]);
    expect((await failure(send({ url: "http://app.localhost/" }))).kind).toBe("address_refused");
  });

  test("connects to the address that was checked, resolving once per request", async () => {
    const server = await serve((socket) => socket.write(reply("pinned")));
    let lookups = 0;
    const send = sender({}, async () => {
      lookups += 1;
      return [{ address: "127.0.0.1", family: 4 }];
    });
    expect(text(await send({ url: `http://nowhere.localhost:${server.port}/` }))).toBe("pinned");
    expect(lookups).toBe(1);
    expect(server.requests[0]).toContain(`host: nowhere.localhost:${server.port}`);
  });

  test("a name that turns to another address is checked again, also when a connection is kept", async () => {
    const server = await serve((socket) => socket.write(reply("first")));
    const answers = ["127.0.0.1", "169.254.169.254"];
    const send = sender({}, async () => [{ address: answers.shift() ?? "", family: 4 }]);
    const url = `http://rebind.localhost:${server.port}/`;
    await send({ url });
    expect((await failure(send({ url }))).kind).toBe("address_refused");
    expect(server.requests.length).toBe(1);
  });

  test("a kept connection of a run that may is not lent to a run that may not", async () => {
    const server = await serve((socket) => socket.write(reply("private")));
    const egress = egressWith();
    const request = { method: "GET", url: server.url };
    await egress.http({ policy: trustedPolicy, seal }).send(request);
    expect((await failure(egress.http({ policy: grantedOnly, seal }).send(request))).kind).toBe(
      "address_refused",
    );
  });

  test("tries the next address when the first does not answer", async () => {
    const server = await serve((socket) => socket.write(reply("second")));
    const send = sender({}, async () => [
      { address: "::1", family: 6 },
      { address: "127.0.0.1", family: 4 },
    ]);
    expect(text(await send({ url: `http://two.localhost:${server.port}/` }))).toBe("second");
  });
});

describe("connectTo", () => {
  const publicLookup: Lookup = async () => [
    { address: "2606:2800:220:1::1", family: 6 },
    { address: "93.184.216.34", family: 4 },
  ];
  function dialler(lookup: Lookup, connectTo: (to: NetworkAddress) => NetworkAddress, policy: NetPolicy) {
    const egress = createEgress({ lookup, connectTo });
    cleanup.push(egress.close);
    const http = egress.http({ policy, seal });
    return (url: string) => http.send({ method: "GET", url });
  }

  test("says where a checked address is dialled", async () => {
    const server = await serve((socket) => socket.write(reply("stands in")));
    const asked: NetworkAddress[] = [];
    const here: Lookup = async () => [{ address: "127.0.0.9", family: 4 }];
    const send = dialler(
      here,
      (to) => {
        asked.push(to);
        return { address: "127.0.0.1", port: server.port };
      },
      trustedPolicy,
    );
    expect(text(await send("http://app.localhost:81/"))).toBe("stands in");
    expect(asked).toEqual([{ address: "127.0.0.9", port: 81 }]);
    expect(server.requests[0]).toContain("host: app.localhost:81\r\n");
  });

  test("is asked for each address, with the port of the scheme", async () => {
    const asked: string[] = [];
    const send = dialler(
      publicLookup,
      (to) => {
        asked.push(`${to.address} ${to.port}`);
        return { address: "127.0.0.1", port: 1 };
      },
      grantedOnly,
    );
    expect((await failure(send("https://api.example/"))).message).toContain("The connection was refused.");
    expect(asked).toEqual(["2606:2800:220:1::1 443", "93.184.216.34 443"]);
  });

  test("is not asked for what was refused", async () => {
    const asked: unknown[] = [];
    const dial = (to: NetworkAddress) => {
      asked.push(to);
      return to;
    };
    const send = dialler(async () => [{ address: "169.254.169.254", family: 4 }], dial, grantedOnly);
    expect((await failure(send("https://api.example/"))).kind).toBe("address_refused");
    expect(asked).toEqual([]);
  });

  test("does not lend a connection of one checked address to another", async () => {
    const server = await serve((socket) => socket.write(reply("ok")));
    const answers = ["127.0.0.2", "127.0.0.3"];
    const send = dialler(
      async () => [{ address: answers.shift() ?? "", family: 4 }],
      () => ({ address: "127.0.0.1", port: server.port }),
      trustedPolicy,
    );
    for (let i = 0; i < 2; i += 1) await send("http://app.localhost/");
    expect(server.connections).toBe(2);
  });

  test("that answers a name is a failed connection: nothing is resolved once more", async () => {
    const server = await serve((socket) => socket.write(reply("ok")));
    const here: Lookup = async () => [{ address: "127.0.0.1", family: 4 }];
    const send = dialler(here, () => ({ address: "localhost", port: server.port }), trustedPolicy);
    expect((await failure(send("http://app.localhost/"))).kind).toBe("connect");
    expect(server.connections).toBe(0);
  });

  test.each([
    ["no port", () => ({ address: "127.0.0.1", port: Number.NaN })],
    ["nothing", () => undefined as unknown as NetworkAddress],
    [
      "an error",
      () => {
        throw new Error("own words");
      },
    ],
  ])("that answers %s is a failed connection", async (_name, connectTo) => {
    const error = await failure(dialler(publicLookup, connectTo, grantedOnly)("https://api.example/"));
    expect([error.kind, error.sent]).toEqual(["connect", false]);
    expect(error.message).not.toContain("own words");
  });
});

describe("trusted code", () => {
  test.each([
    ["may name a private address itself", "granted", [], true],
    ["is not led to one by a server's metadata", "discovered", [], false],
    ["is led to one that it named", "discovered", ["app.localhost"], true],
    ["is led to one that it named, in other case", "discovered", ["APP.localhost"], true],
    ["is not led to another", "discovered", ["localhost", "127.0.0.1", "pp.localhost"], false],
  ] as const)("%s", async (_name, reach, hosts, reaches) => {
    const server = await serve((socket) => socket.write(reply("ok")));
    const send = sender({ policy: trustedPolicyNaming(hosts) }, async () => [
      { address: "127.0.0.1", family: 4 },
    ]);
    const work = send({ url: `http://app.localhost:${server.port}/`, reach });
    if (reaches) expect((await work).status).toBe(200);
    else expect((await failure(work)).kind).toBe("address_refused");
  });

  test("names hosts with their ports, except loopback ones", () => {
    const { names } = trustedPolicyNaming(["idp.internal", "other.internal:8443", "localhost", "[::1]:81"]);
    const discovered = (url: string) => names(new URL(url), "discovered");
    for (const url of [
      "https://idp.internal/a",
      "https://idp.internal:443/",
      "https://other.internal:8443/",
      "http://localhost:9/",
      "http://[::1]:81/",
    ])
      expect([url, discovered(url)]).toEqual([url, true]);
    for (const url of [
      "https://idp.internal:8443/",
      "https://x.idp.internal/",
      "https://other.internal/",
      "http://[::1]:82/",
      "http://127.0.0.1/",
    ])
      expect([url, discovered(url)]).toEqual([url, false]);
  });

  test.each([
    "*",
    "*.internal",
    "https://idp.internal",
    "a b",
    "",
    "user@idp.internal",
    "idp.internal/path",
    7,
  ])("cannot name %j", (host) => {
    expect(() => trustedPolicyNaming([host as string])).toThrow(
      expect.objectContaining({ code: "HARN-RUN-015" }),
    );
  });
});

describe("the request head", () => {
  test.each([
    ["CR LF in a value", "GET", { "x-a": "1\r\nhost: evil" }],
    ["NUL in a value", "GET", { "x-a": "1\0" }],
    ["a character beyond Latin-1", "GET", { "x-a": "€" }],
    ["a value that is no text", "GET", { "x-a": 1 as unknown as string }],
    ["a space in a name", "GET", { "x a": "1" }],
    ["an empty name", "GET", { "": "1" }],
    ["a name twice", "GET", { "X-A": "1", "x-a": "2" }],
    ...["Host", "Content-Length", "transfer-encoding", "Connection", "Proxy-Authorization", "proxy-x"].map(
      (name): [string, string, Record<string, string>] => [name, "GET", { [name]: "1" }],
    ),
    ...["upgrade", "TE", "trailer", "Expect", "keep-alive"].map(
      (name): [string, string, Record<string, string>] => [name, "GET", { [name]: "1" }],
    ),
    ["too many fields", "GET", Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, "1"]))],
    ["too large", "GET", { "x-a": "a".repeat(70_000) }],
    ["CONNECT", "CONNECT", {}],
    ["TRACE", "trace", {}],
    ["a method with a line break", "GET /\r\nx", {}],
    ["no method", "", {}],
  ] as [string, string, Record<string, string>][])("refuses %s", async (_name, method, headers) => {
    const server = await serve((socket) => socket.write(reply()));
    const error = await failure(sender()({ method, url: server.url, headers }));
    expect([error.kind, error.sent]).toEqual(["invalid_request", false]);
    expect(error.message).not.toContain("evil");
    expect(server.connections).toBe(0);
  });

  test("refuses limits and bodies that are none", async () => {
    const send = sender();
    const url = "https://api.example/";
    expect((await failure(send({ url, timeoutMs: 0 }))).kind).toBe("invalid_request");
    expect((await failure(send({ url, maxBytes: Number.NaN }))).kind).toBe("invalid_request");
    expect((await failure(send({ url, body: {} as unknown as string }))).kind).toBe("invalid_request");
  });
});

describe("a credential", () => {
  const secret = ["gh", "o_", "a1B2".repeat(9)].join("");
  const capsuleFor = (origin: string, more: Partial<SealBinding> = {}) =>
    seal.conceal(secret, {
      kind: "access_token",
      provider: "p",
      issuer: null,
      key: "k",
      origins: [origin],
      ...more,
    });

  test.each(["Bearer", "DPoP", "token", "bearer"])(
    "sealed is opened in Authorization: %s",
    async (scheme) => {
      const server = await serve((socket) => socket.write(reply("ok")));
      const elsewhere: string[] = [];
      const send = sender({ onSealedElsewhere: (where) => elsewhere.push(where) });
      await send({ url: server.url, headers: { Authorization: `${scheme} ${capsuleFor(server.url)}` } });
      expect(server.requests[0]).toContain(`authorization: ${scheme} ${secret}\r\n`);
      expect(elsewhere).toEqual([]);
    },
  );

  test("an environment secret is opened, bound to its origins", async () => {
    const server = await serve((socket) => socket.write(reply("ok")));
    const authorization = `Bearer ${capsuleFor(server.url, { kind: "env" })}`;
    const answer = await sender()({ url: server.url, headers: { authorization } });
    expect(server.requests[0]).toContain(secret);
    // Told, so that an echo of it is masked before all else.
    expect(answer.carried).toEqual({ value: secret, name: "env" });
    expect(
      (await sender()({ url: server.url, headers: { authorization: "Bearer x" } })).carried,
    ).toBeUndefined();
  });

  test.each([
    ["for another origin", () => `Bearer ${capsuleFor("https://api.example")}`],
    ["for the same host on another port", (url: string) => `Bearer ${capsuleFor(url.replace(/\d+$/, "1"))}`],
    ["that is a refresh token", (url: string) => `Bearer ${capsuleFor(url, { kind: "refresh_token" })}`],
    ["that is a client secret", (url: string) => `Bearer ${capsuleFor(url, { kind: "client_secret" })}`],
    ["under Basic", (url: string) => `Basic ${capsuleFor(url)}`],
    ["without a scheme", (url: string) => capsuleFor(url)],
    ["with something behind it", (url: string) => `Bearer ${capsuleFor(url)} x`],
    ["with something before it", (url: string) => `Bearer x${capsuleFor(url)}`],
    [
      "that was altered",
      (url: string) => `Bearer ${capsuleFor(url).replace(/.$/, (c) => (c === "A" ? "Q" : "A"))}`,
    ],
    [
      "of another host's key",
      (url: string) =>
        `Bearer ${createSealer({ random: systemRandom() })
          .forRun({ passThrough: false, redactor: null })
          .conceal(secret, { kind: "access_token", provider: "p", issuer: null, key: "k", origins: [url] })}`,
    ],
  ] as [string, (url: string) => string][])(
    "sealed %s is refused before anything is sent",
    async (_name, make) => {
      const server = await serve((socket) => socket.write(reply("ok")));
      const refused: unknown[] = [];
      const send = sender({ onRefused: (refusal) => refused.push(refusal) });
      const error = await failure(send({ url: server.url, headers: { authorization: make(server.url) } }));
      expect([error.kind, error.code, error.sent]).toEqual(["credential_refused", "HARN-RUN-013", false]);
      expect(refused).toEqual([{ kind: "credential_refused", method: "GET", origin: server.url }]);
      expect(JSON.stringify([error, error.message])).not.toMatch(/hfs1|gho_/);
      expect(server.connections).toBe(0);
    },
  );

  test("sealed stays sealed in URL, other headers and body, and is reported", async () => {
    const server = await serve((socket) => socket.write(reply("ok")));
    const elsewhere: unknown[] = [];
    const send = sender({ onSealedElsewhere: (...seen) => elsewhere.push(seen) });
    const capsule = capsuleFor(server.url);
    await send({
      method: "POST",
      url: `${server.url}/?t=${capsule.replace(".", "%2e")}`,
      headers: { "x-api-key": capsule, "x-other": capsule },
      body: new TextEncoder().encode(`token=${capsule}`),
    });
    expect(server.requests[0]).not.toContain(secret);
    expect(server.requests[0]).toContain(`x-api-key: ${capsule}`);
    expect(elsewhere).toEqual(["url", "header", "body"].map((where) => [where, server.url]));
  });

  test("that the caller marks goes to its origins only", async () => {
    const server = await serve((socket) => socket.write(reply("ok")));
    const send = sender();
    const headers = { authorization: `Bearer ${secret}` };
    await send({ url: server.url, headers, credential: { origins: ["https://api.example", server.url] } });
    const error = await failure(
      send({ url: server.url, headers, credential: { origins: ["https://api.example"] } }),
    );
    expect(error.kind).toBe("credential_refused");
    expect((await failure(send({ url: server.url, headers, credential: { origins: [] } }))).kind).toBe(
      "credential_refused",
    );
    expect(server.requests.length).toBe(1);
  });

  test("that breaks the header when opened is not sent", async () => {
    const server = await serve((socket) => socket.write(reply("ok")));
    const capsule = seal.conceal("abc\r\nx-injected: 1", {
      kind: "env",
      provider: "",
      issuer: null,
      key: "K",
      origins: [server.url],
    });
    const error = await failure(
      sender()({ url: server.url, headers: { authorization: `Bearer ${capsule}` } }),
    );
    expect(error.kind).toBe("invalid_request");
    expect(server.connections).toBe(0);
  });
});
