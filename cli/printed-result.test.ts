import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { systemRandom } from "../runtime/host/random.ts";
import { createSealer } from "../runtime/host/seal.ts";
import { createRedactor } from "../stdlib/oauth/redaction/engine.ts";
import { printedResult } from "./printed-result.ts";

const redactor = createRedactor();
const seal = createSealer({ random: systemRandom() }).forRun({ passThrough: false, redactor });
const value = randomBytes(24).toString("hex");
const sealed = seal.conceal(value, {
  kind: "refresh_token",
  provider: "acme",
  issuer: null,
  key: "acme",
  origins: [],
});

test("sealed tokens stay, whatever they are called and however deep", () => {
  const result = { refresh_token: sealed, deep: [{ code_verifier: sealed }], text: `it is ${sealed}` };
  expect(printedResult(redactor, result)).toEqual(result);
  expect(printedResult(redactor, sealed)).toBe(sealed);
});

test("everything else is redacted: by name, by value, and what only looks sealed", () => {
  const hidden = expect.stringContaining("<redacted:");
  // Well-formed, and a known value is readable in it.
  const head = Buffer.concat([Buffer.from([1]), Buffer.alloc(18)]);
  const forged = `hfs1.${Buffer.concat([head, Buffer.from(value), Buffer.alloc(16)]).toString("base64url")}`;
  expect(
    printedResult(redactor, {
      refresh_token: "made up for this test",
      access_token: `${sealed}.`,
      id_token: `hfs1.${value}`,
      text: value,
      [value]: sealed,
      client_secret: forged,
      list: [{ access_token: "made up for this test" }],
      nothing: null,
      number: 1,
    }),
  ).toEqual({
    refresh_token: hidden,
    access_token: hidden,
    id_token: hidden,
    text: hidden,
    [redactor.redact(value)]: sealed,
    client_secret: hidden,
    list: [{ access_token: hidden }],
    nothing: null,
    number: 1,
  });
});
