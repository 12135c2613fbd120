/**
 * What egress writes for a request, read by two parsers: Node's own (llhttp) and http-parser-js.
 */

import { createServer, METHODS, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { HTTPParser } from "http-parser-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createEgress, type Egress } from "../../runtime/host/egress.ts";
import { trustedPolicy } from "../../runtime/host/net-policy.ts";
import type { Http, HttpFailure } from "../../runtime/ports.ts";
import { deepTimeout, holdsFor } from "./deep-property.test.support.ts";

interface Parsed {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: string;
}

let server: Server;
let egress: Egress;
let http: Http;
let origin: string;
let raw: Buffer = Buffer.alloc(0);
let byNode: Parsed[] = [];

beforeAll(async () => {
  server = createServer({ maxHeaderSize: 256 * 1024 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", rawHeaders } = request;
      byNode.push({
        method,
        target: url,
        fields: pairs(rawHeaders),
        body: Buffer.concat(chunks).toString("latin1"),
      });
      response.end("ok");
    });
  });
  server.maxHeadersCount = 0;
  server.on("connection", (socket) => {
    socket.on("data", (chunk) => {
      raw = Buffer.concat([raw, chunk]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  egress = createEgress();
  http = egress.http({ policy: trustedPolicy, seal: { open: (value) => ({ value, binding: null }) } });
});

afterAll(async () => {
  await egress.close();
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
});

function pairs(flat: readonly string[]): readonly (readonly [string, string])[] {
  return flat.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), flat[index + 1] ?? ""] as const] : [],
  );
}

/** Every request in the bytes, by the second parser. */
function parsedAgain(bytes: Buffer): readonly Parsed[] {
  const found: Parsed[] = [];
  const parser = new HTTPParser(HTTPParser.REQUEST);
  let head: Omit<Parsed, "body"> = { method: "", target: "", fields: [] };
  let body = "";
  parser[HTTPParser.kOnHeadersComplete] = (info) => {
    head = { method: HTTPParser.methods[info.method] ?? "", target: info.url, fields: pairs(info.headers) };
    body = "";
  };
  parser[HTTPParser.kOnBody] = (chunk, offset, length) => {
    body += chunk.toString("latin1", offset, offset + length);
  };
  parser[HTTPParser.kOnMessageComplete] = () => void found.push({ ...head, body });
  const result = parser.execute(bytes);
  if (result instanceof Error) throw result;
  return found;
}

/** The second parser reads seven bits of each byte, and trims what Unicode calls white space (U+00A0), which HTTP does not. */
function asSecondReads(parsed: Parsed): Parsed {
  const read = (text: string): string =>
    text.trim().replace(/[\u0080-\u00ff]/g, (high) => String.fromCharCode(high.charCodeAt(0) & 0x7f));
  return { ...parsed, fields: parsed.fields.map(([field, text]) => [field, read(text).trim()] as const) };
}

const usually = <T>(good: fc.Arbitrary<T>, ...odd: readonly fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 8, arbitrary: good }, ...odd);
const name = usually(
  fc.string({ unit: fc.constantFrom(...Array.from("abcXYZ019-_.!#$%&'*+^`|~")), minLength: 1, maxLength: 8 }),
  fc.constantFrom(
    "accept",
    "Accept",
    "x-a",
    "X-A",
    "authorization",
    "Authorization",
    "cookie",
    "host",
    "Host",
    "content-length",
    "Content-Length",
    "transfer-encoding",
    "connection",
    "expect",
    "te",
    "trailer",
    "upgrade",
    "proxy-authorization",
    "content-type",
    "x a",
    "x\r\na",
    "x:",
    "",
    ":authority",
    "x\u0000",
    "__proto__",
    "constructor",
    "é",
  ),
  fc.string({ minLength: 1, maxLength: 10 }),
);
const value = usually(
  fc.string({ maxLength: 60 }),
  fc.constantFrom(
    "1",
    "",
    " padded ",
    "a\r\nx-evil: 1",
    "a\nb",
    "a\u0000b",
    "a\tb",
    "é",
    "日本",
    "\u0085",
    "chunked",
    "100-continue",
    "a\r\n\r\nGET /evil HTTP/1.1\r\nhost: x\r\n\r\n",
  ),
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({ maxLength: 60 }),
);
const method = usually(
  fc.constantFrom("GET", "POST", "put", "Delete", "PATCH", "OPTIONS", "PROPFIND"),
  fc.constantFrom(
    "GET",
    "POST",
    "post",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "HEAD",
    "CONNECT",
    "TRACE",
    "GET /evil HTTP/1.1\r\nx",
    "G ET",
    "",
    "PRI",
    "PROPFIND",
    "M-SEARCH",
  ),
  fc.string({ maxLength: 8 }),
);
const target = usually(
  fc.webPath().map((path) => `/${path.replace(/^\/+/, "")}`),
  fc.constantFrom(
    "/",
    "/a b",
    "/a?b=c d",
    "/é",
    "/%0d%0aX: 1",
    "/a\r\nX: 1",
    "//evil.example/",
    "/..//",
    "/?",
    "/#x",
    "/a#b\r\n",
    "/*",
    "/a|b",
    '/<>"`{}',
  ),
  fc.webPath(),
  fc.string({ unit: "binary", maxLength: 20 }).map((text) => `/${text}`),
);
const request = fc.record({
  method,
  target,
  headers: fc.array(fc.tuple(name, value), { maxLength: 5 }),
  body: fc.oneof(
    fc.constant(null),
    fc.string({ maxLength: 50 }),
    fc.constant("GET /evil HTTP/1.1\r\nhost: x\r\n\r\n"),
  ),
});

test(
  "two parsers read exactly the one request that was given, or nothing left",
  async () => {
    await holdsFor(
      "head",
      request,
      async (given) => {
        raw = Buffer.alloc(0);
        byNode = [];
        const headers = Object.fromEntries(given.headers);
        const answer = await http
          .send({ method: given.method, url: origin + given.target, headers, body: given.body })
          .catch((error: unknown) => error as HttpFailure);
        if (answer instanceof Error) {
          expect([answer.name, answer.sent, raw.length]).toEqual(["HttpFailure", false, 0]);
          return false;
        }
        // Node's parser takes the registered methods only, and tells of no other.
        if (!METHODS.includes(given.method.toUpperCase())) {
          expect(raw.toString("latin1")).toMatch(/^[A-Z-]+ \/[!-~]* HTTP\/1\.1\r\n/);
          return true;
        }
        const again = parsedAgain(raw);
        expect(byNode).toHaveLength(1);
        expect(again.map(asSecondReads)).toEqual(byNode.map(asSecondReads));
        const [seen] = byNode;
        if (seen === undefined) return false;
        expect(seen.method).toBe(given.method.toUpperCase());
        const wanted = new URL(origin + given.target);
        expect(seen.target).toBe(wanted.pathname + wanted.search);
        expect(seen.body).toBe(Buffer.from(given.body ?? "").toString("latin1"));
        // What was given, and what the transport alone adds; nothing else.
        const own = new Map(seen.fields);
        expect(own.size).toBe(seen.fields.length);
        for (const [field, text] of Object.entries(headers)) {
          const lower = field.toLowerCase();
          if (lower !== "accept-encoding") expect(own.get(lower)).toBe(text.replace(/^[\t ]+|[\t ]+$/g, ""));
        }
        const added = [...own.keys()].filter(
          (field) => !Object.keys(headers).some((one) => one.toLowerCase() === field),
        );
        for (const field of added)
          expect(["host", "connection", "accept-encoding", "user-agent", "content-length"]).toContain(field);
        expect(own.get("host")).toBe(new URL(origin).host);
        return true;
      },
      400,
    );
  },
  deepTimeout,
);
