import fc from "fast-check";
import { expect, test } from "vitest";
import { type ReadRequest, requestReader } from "./request-reader.ts";

function readIn(pieces: readonly Buffer[]): ReadRequest[] {
  const reader = requestReader();
  const found: ReadRequest[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let next = reader.next(); next !== null; next = reader.next()) found.push(next);
  }
  return found;
}

const several = [
  "POST /token?a=1 HTTP/1.1\r\nHost: as.example.com\r\nContent-Length: 5\r\nX-A: 1\r\nX-A: 2\r\n\r\nhello",
  "\r\nGET http://other.example/x HTTP/1.1\nhost: other.example\n\n",
  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n0A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n",
  "DELETE /é HTTP/1.1\r\ncontent-length: 3\r\n\r\n\r\n\n",
].join("");

test("requests are read one after the other, with a length, in chunks, or without a body", () => {
  const found = readIn([Buffer.from(several)]);
  expect(found.map(({ method, target, body }) => [method, target, body.toString()])).toEqual([
    ["POST", "/token?a=1", "hello"],
    ["GET", "http://other.example/x", ""],
    ["PUT", "/", "abc0123456789"],
    ["DELETE", Buffer.from("/é").toString("latin1"), "\r\n\n"],
  ]);
  expect({ ...found[0]?.headers }).toEqual({ host: "as.example.com", "content-length": "5", "x-a": "1, 2" });
});

test("where the bytes are cut makes no difference", () => {
  const whole = Buffer.from(several);
  const expected = readIn([whole]);
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), whole.length];
      const pieces = places.slice(1).map((end, at) => whole.subarray(places[at], end));
      expect(readIn(pieces)).toEqual(expected);
    }),
  );
});

test("what is left after a request can be taken away", () => {
  const reader = requestReader();
  reader.push(Buffer.from("CONNECT a.example:443 HTTP/1.1\r\n\r\n\x16\x03"));
  expect(reader.next()?.target).toBe("a.example:443");
  expect(reader.rest()).toEqual(Buffer.from([0x16, 0x03]));
});

test.each([
  ["hello\r\n\r\n", "no request line"],
  ["GET /\r\n\r\n", "no request line"],
  ["PRI * HTTP/2.0\r\n\r\n", "no request line"],
  ["GET / HTTP/1.1\r\ncontent-length: many\r\n\r\n", "content-length"],
  ["GET / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nsize\r\n", "a chunk without a size"],
])("%j is no request", (text, problem) => {
  expect(() => readIn([Buffer.from(text)])).toThrow(problem);
});
