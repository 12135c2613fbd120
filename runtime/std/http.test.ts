import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createEgress } from "../host/egress.ts";
import type { HttpRequest, HttpResponse, Ports } from "../ports.ts";
import { httpModule } from "./http.ts";
import { knownValues, loose, testPorts } from "./ports.test.fixture.ts";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

const seen: Seen[] = [];
const servers: Server[] = [];
let here = "";
let there = "";
/** A value that the test registers as known. */
const token = ["gh", "p_", "a".repeat(36)].join("");

async function listen(answer: (request: Seen, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      answer(one, response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answer({ url }: Seen, response: ServerResponse): void {
  const [path = "", query = ""] = url.split("?");
  const rest = decodeURIComponent(query);
  if (path === "/to") response.writeHead(302, { location: rest }).end();
  else if (path === "/keep") response.writeHead(307, { location: rest }).end();
  else if (path === "/type") response.writeHead(200, { "content-type": rest }).end("h\u00e9");
  else if (path === "/count") {
    const left = Number(rest);
    if (left === 0) response.end();
    else response.writeHead(302, { location: `/count?${left - 1}` }).end();
  } else if (path === "/reflect") {
    response.writeHead(200, { "content-type": "text/plain", "x-echo": `t=${token}` }).end(`token ${token}!`);
  } else if (path === "/reflect-bytes") {
    response.writeHead(200, { "content-type": "application/zip" });
    response.end(Buffer.concat([Buffer.from([0, 255, 128]), Buffer.from(token), Buffer.from([200])]));
  } else if (path === "/status") response.writeHead(Number(rest)).end();
  else response.writeHead(200, { "Set-Cookie": ["a=1", "b=2"], "X-Name": "v" }).end();
}

beforeAll(async () => {
  here = await listen(answer);
  there = await listen(answer);
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const { http_get, http_post, http_request } = httpModule(testPorts());
const last = (): Seen | undefined => seen.at(-1);

describe("an answer", () => {
  test("has its status, lower-case headers, body and ok", async () => {
    const reply = await http_get(`${here}/`);
    expect(reply).toMatchObject({ status: 200, body: "", ok: true });
    expect(reply.headers["x-name"]).toBe("v");
    expect(reply.headers["set-cookie"]).toBe("a=1\nb=2");
    expect(Object.getPrototypeOf(reply.headers)).toBe(null);
  });

  test.each([
    [200, true],
    [299, true],
    [300, false],
    [404, false],
    [500, false],
  ])("status %i has ok %s and is not thrown", async (status, ok) => {
    expect(await http_get(`${here}/status?${status}`)).toMatchObject({ status, ok });
  });

  test.each([
    "text/html; charset=utf-8",
    "TEXT/PLAIN",
    "application/json",
    "application/problem+json",
    "application/xml",
    "image/svg+xml",
    "application/x-www-form-urlencoded",
  ])("%s is text", async (type) => {
    expect((await http_get(`${here}/type?${encodeURIComponent(type)}`)).body).toBe("hé");
  });

  test.each(["application/octet-stream", "image/png", "application/jsonp"])("%s is bytes", async (type) => {
    const { body } = await http_get(`${here}/type?${encodeURIComponent(type)}`);
    expect(body).toEqual(new TextEncoder().encode("hé"));
  });

  test("`as` chooses", async () => {
    const { body } = await http_get(`${here}/type?text/plain`, { as: "bytes" });
    expect(body).toEqual(new TextEncoder().encode("hé"));
    expect((await http_get(`${here}/type?image/png`, { as: "text" })).body).toBe("hé");
  });
});

describe("a body", () => {
  test("of a plain object goes as JSON", async () => {
    await http_post(`${here}/`, { a: [1, null] });
    expect(last()).toMatchObject({ method: "POST", body: '{"a":[1,null]}' });
    expect(last()?.headers["content-type"]).toBe("application/json");
  });

  test("keeps the content type that the script gave, in any case", async () => {
    await http_post(`${here}/`, { a: 1 }, { headers: { "Content-Type": "application/ld+json" } });
    expect(last()?.headers["content-type"]).toBe("application/ld+json");
  });

  test("of text or bytes goes as it is", async () => {
    await http_post(`${here}/`, "é");
    expect(last()?.body).toBe("é");
    await http_request("put", `${here}/`, { body: new TextEncoder().encode("bytes") });
    expect(last()).toMatchObject({ method: "PUT", body: "bytes" });
  });

  test("with a host object in it is refused before anything is sent", async () => {
    const before = seen.length;
    const client = Object.freeze({ client_secret: "s", request: async () => null });
    await expect(http_post(`${here}/`, { client })).rejects.toMatchObject({ code: "HARN-RUN-015" });
    expect(seen.length).toBe(before);
  });
});

describe("redirects", () => {
  test("are followed; POST becomes GET", async () => {
    const reply = await http_post(`${here}/to?${encodeURIComponent(`${there}/x`)}`, { a: 1 });
    expect(reply.status).toBe(200);
    expect(last()).toMatchObject({ method: "GET", url: "/x", body: "" });
    expect(last()?.headers["content-type"]).toBe(undefined);
  });

  test("`manual` answers the redirect itself", async () => {
    const reply = await http_get(`${here}/to?/x`, { redirect: "manual" });
    expect(reply).toMatchObject({ status: 302, ok: false });
    expect(reply.headers["location"]).toBe("/x");
  });

  test("credentials do not go to another origin, nor back", async () => {
    const headers = { Authorization: "Bearer x", "x-api-key": "k", cookie: "c=1", accept: "text/plain" };
    const back = `${there}/keep?${encodeURIComponent(`${here}/end`)}`;
    await http_get(`${here}/keep?${encodeURIComponent(back)}`, { headers });
    const [first, second, third] = seen.slice(-3);
    expect(first?.headers).toMatchObject({ authorization: "Bearer x", "x-api-key": "k", cookie: "c=1" });
    for (const hop of [second, third]) {
      expect(hop?.headers).toMatchObject({ accept: "text/plain" });
      expect(Object.keys(hop?.headers ?? {})).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/authorization|api-key|cookie/)]),
      );
    }
  });

  test("ten are followed, eleven are not", async () => {
    expect((await http_get(`${here}/count?10`)).status).toBe(200);
    await expect(http_get(`${here}/count?11`)).rejects.toMatchObject({
      code: "HARN-RUN-014",
      message: "std/http: more than 10 redirects",
    });
  });

  test("a hop to a host that was not granted is refused", async () => {
    const granted = new URL(here).host;
    const egress = createEgress();
    const ports = testPorts();
    const covers = (url: URL): boolean => url.host === granted;
    const policy = { allows: covers, entrusts: covers, names: covers };
    const narrow = httpModule({ ...ports, http: egress.http({ policy, seal: ports.seal }) });
    const before = seen.length;
    await expect(narrow.http_get(`${here}/to?${encodeURIComponent(`${there}/x`)}`)).rejects.toMatchObject({
      name: "HttpFailure",
      kind: "not_granted",
      code: "HARN-RUN-010",
      retryable: false,
    });
    expect(seen.slice(before).map(({ url }) => url.slice(0, 3))).toEqual(["/to"]);
    await egress.close();
  });

  test("a known token in the address of another origin stops there", async () => {
    const module = httpModule(testPorts({ redactor: knownValues(token) }));
    const before = seen.length;
    const leak = encodeURIComponent(`${there}/?t=${token}`);
    await expect(module.http_get(`${here}/to?${leak}`)).rejects.toMatchObject({ code: "HARN-RUN-013" });
    expect(seen.length).toBe(before + 1);
  });
});

describe("known tokens", () => {
  const redactor = knownValues(token);
  const masked = `<redacted:test:${token.length}>`;

  test("are masked in text and headers", async () => {
    const reply = await httpModule(testPorts({ redactor })).http_get(`${here}/reflect`);
    expect(reply.body).toBe(`token ${masked}!`);
    expect(reply.headers["x-echo"]).toBe(`t=${masked}`);
  });

  test("are masked in bytes, whose other bytes stay", async () => {
    const { body } = await httpModule(testPorts({ redactor })).http_get(`${here}/reflect-bytes`);
    expect(Buffer.from(body as Uint8Array)).toEqual(
      Buffer.concat([Buffer.from([0, 255, 128]), Buffer.from(masked), Buffer.from([200])]),
    );
  });

  test.each([{ reveal: true }, { trusted: true }])("are left with %o", async (run) => {
    const reply = await httpModule(testPorts({ redactor, run })).http_get(`${here}/reflect`);
    expect(reply.body).toBe(`token ${token}!`);
    expect(reply.headers["x-echo"]).toBe(`t=${token}`);
  });
});

describe("what the port gets", () => {
  function scripted(answers: readonly Partial<HttpResponse>[], more: Partial<Ports> = {}) {
    const sent: HttpRequest[] = [];
    let now = 0;
    const ports = testPorts({
      clock: { now: () => 0, monotonic: () => now, sleep: async () => {} },
      http: {
        async send(request) {
          sent.push(request);
          now += 400;
          return { status: 200, headers: {}, body: new Uint8Array(), ...answers[sent.length - 1] };
        },
      },
      ...more,
    });
    return { sent, module: httpModule(ports), ports };
  }

  test("one deadline for all hops, the cap, and the run's signal", async () => {
    const hop = { status: 302, headers: { location: "https://a.example/" } };
    const { sent, module, ports } = scripted([hop, hop, hop]);
    await module.http_get("https://a.example/", { timeout: 1, max_bytes: 9 });
    expect(sent.map(({ timeoutMs }) => timeoutMs)).toEqual([1000, 600, 200, 1]);
    expect(sent.every(({ maxBytes, signal }) => maxBytes === 9 && signal === ports.run.signal)).toBe(true);
  });

  test("its errors pass unchanged", async () => {
    const failure = Object.assign(new Error("no"), {
      name: "HttpFailure",
      code: "HARN-RUN-014",
      retryable: true,
    });
    const { module } = scripted([], { http: { send: () => Promise.reject(failure) } });
    await expect(module.http_get("https://a.example/")).rejects.toBe(failure);
  });
});

test.each([
  ["http_get", [1], "url must be a string"],
  ["http_get", ["/path"], "url must be an absolute URL"],
  ["http_request", [undefined, "https://a.example/"], "method must be a string"],
  ["http_request", ["GET\r\nx: y", "https://a.example/"], "method must be an HTTP method"],
  ["http_get", ["https://a.example/", { tiemout: 1 }], 'the nearest known one is "timeout"'],
  ["http_get", ["https://a.example/", { timeout: 0 }], "timeout must be a number from 0.001 to 3600"],
  ["http_get", ["https://a.example/", { timeout: "1" }], "timeout must be a number"],
  ["http_get", ["https://a.example/", { max_bytes: 1.5 }], "max_bytes must be a whole number"],
  ["http_get", ["https://a.example/", { max_bytes: 2 ** 26 + 1 }], "max_bytes must be a whole number"],
  ["http_get", ["https://a.example/", { redirect: "error" }], 'redirect must be one of "follow", "manual"'],
  ["http_get", ["https://a.example/", { as: "json" }], 'as must be one of "text", "bytes"'],
  ["http_get", ["https://a.example/", { headers: [] }], "headers must be an object"],
  ["http_get", ["https://a.example/", { headers: { a: 1 } }], "every value of headers must be a string"],
  ["http_get", ["https://a.example/", { headers: { A: "1", a: "2" } }], "must not name a field twice"],
  ["http_post", ["https://a.example/", 5], "body must be a string, a Uint8Array or a plain object"],
  ["http_post", ["https://a.example/", "", { body: "" }], 'unknown option "body"'],
] as const)("%s refuses %j", async (name, args, sentence) => {
  const fn = loose(httpModule(testPorts())[name]);
  await expect(fn(...args)).rejects.toMatchObject({
    code: "HARN-RUN-015",
    message: expect.stringMatching(`^std/http: ${name}: .*`) as string,
  });
  await expect(fn(...args)).rejects.toThrowError(sentence);
});
