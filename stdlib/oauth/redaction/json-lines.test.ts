import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor, type RedactorEngine } from "./engine.ts";
import { jsonLinesStream, longestJsonLine } from "./json-lines.ts";

/** Looks like a GitHub token and is none. */
const token = ["gh", "p_", "aB3dE6gH9j".repeat(4).slice(0, 36)].join("");
const placeholder = "<redacted:github_token:40>";

async function through(
  parts: readonly Uint8Array[],
  redactor: RedactorEngine = createRedactor(),
): Promise<Buffer> {
  const { readable, writable } = jsonLinesStream(redactor);
  const writer = writable.getWriter();
  const fed = (async () => {
    for (const part of parts) await writer.write(part);
    await writer.close();
  })();
  const out: Uint8Array[] = [];
  const reader = readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) out.push(next.value);
  await fed;
  return Buffer.concat(out);
}

async function redacted(text: string): Promise<string> {
  return (await through([Buffer.from(text)])).toString();
}

describe("a line", () => {
  test.each([
    ["an object", `{"password":"hunter2","a":1}`, `{"password":"<redacted:password:7>","a":1}`],
    ["an array", `["x ${token}", 1.0]`, `["x ${placeholder}", 1.0]`],
    ["an object in white space", ` \t{"a": "${token}"} \r`, ` \t{"a": "${placeholder}"} \r`],
    ["text", `it is ${token}.`, `it is ${placeholder}.`],
    ["text that begins like JSON", `[2026-01-01] ${token}`, `[2026-01-01] ${placeholder}`],
    ["a JSON string", `"${token}"`, `"${placeholder}"`],
    ["JSON behind a mark of bytes", `\ufeff{"a":"${token}"}`, `\ufeff{"a":"${placeholder}"}`],
    ["nothing", "", ""],
    ["white space", "  ", "  "],
  ])("of %s", async (_, line, result) => {
    for (const end of ["", "\n", "\r\n", "\n\n", `\n${line}`, `\n{"a":1}\n${line}\n`])
      expect(await redacted(`${line}${end}`)).toBe(`${result}${end.replace(line, () => result)}`);
  });

  test("of an object that is not UTF-8 stays as it is", async () => {
    const line = Buffer.from(`{"a":"\u00ff","b":"x"}\n`, "latin1");
    expect(await through([line])).toEqual(line);
  });

  test("keeps numbers that JavaScript would round", async () => {
    const line = `{"id":12345678901234567890,"t":"${token}","x":1.50}\n`;
    expect(await redacted(line)).toBe(line.replace(token, placeholder));
  });
});

test("a secret of several lines is found between lines of JSON", async () => {
  const edge = (word: string): string => ["-----", word, " PRIVATE", " KEY-----"].join("");
  const key = [edge("BEGIN"), "QUJD".repeat(16), "QUJD".repeat(16), edge("END")].join("\n");
  const out = await redacted(`{"a":1}\nkey:\n${key}\n{"b":2}\n`);
  expect(out).not.toContain("QUJD");
  expect(out).toMatch(/^\{"a":1\}\nkey:\n<redacted:[\w.-]+:\d+>\n\{"b":2\}\n$/);
});

test("a line comes out before the next one begins", async () => {
  const { readable, writable } = jsonLinesStream(createRedactor());
  const writer = writable.getWriter();
  const reader = readable.getReader();
  for (const line of [`{"a":1}\n`, "text\n", "more\n", `{"b":"${token}"}\n`, `{"c":3}\n`]) {
    const written = writer.write(Buffer.from(line));
    const { value } = await reader.read();
    expect(Buffer.from(value ?? []).toString()).toBe(line.replace(token, placeholder));
    await written;
  }
  void writer.close();
  expect(await reader.read()).toMatchObject({ done: true });
});

test("a line that is too long is text", async () => {
  const fill = (bytes: number): string => "x".repeat(bytes);
  const line = (bytes: number): string => {
    const [head, tail] = [`{"a":"`, `","cvv_secret":{"password":"ab\\u0063d"}}\n`];
    return head + fill(bytes - head.length - tail.length) + tail;
  };
  // Only the structural lane reads the escape before it measures the password.
  const password = /<redacted:password:(\d+)>/;
  const [, short] = password.exec(await redacted(line(longestJsonLine))) ?? [];
  expect(short).toBe("4");
  const long = await redacted(line(longestJsonLine + 1));
  expect(long).not.toContain("ab\\u0063d");
  expect(password.exec(long)?.[1]).not.toBe("4");
  const next = await redacted(`${line(longestJsonLine + 1)}{"password":"ab\\u0063d"}\n`);
  expect(next.endsWith(`{"password":"<redacted:password:4>"}\n`)).toBe(true);
});

test("a part of a line is no line", async () => {
  const parts = ["text ", `{"password":"ab\\u0063d"}`, "\n", " ", `{"password":`, `"ab\\u0063d"}`, "\n"];
  const out = (await through(parts.map((part) => Buffer.from(part)))).toString();
  expect(out).toBe(await redacted(parts.join("")));
  expect(out.split("\n")[1]).toBe(` {"password":"<redacted:password:4>"}`);
});

test("an audit entry names the field, and no text", async () => {
  const redactor = createRedactor();
  await through([Buffer.from(`{"password":"hunter2"}\nhi ${token}\n`)], redactor);
  expect(redactor.auditTotals().patterns).toEqual({
    password: { match_count: 1, bytes_redacted: 7 },
    github_token: { match_count: 1, bytes_redacted: 40 },
  });
});

describe("any lines", () => {
  const scalar = fc.oneof(
    fc.constantFrom(token, `x ${token}`, "plain", "", "é", 1, 2.5, true, null),
    fc.string({ maxLength: 8 }),
  );
  const name = fc.constantFrom("password", "note", "access_token", "name", "value", "n");
  const object = fc.dictionary(name, fc.oneof(scalar, fc.dictionary(name, scalar), fc.array(scalar)));
  const line = fc.oneof(
    object.map((value) => JSON.stringify(value)),
    object.map((value) => JSON.stringify(value, null, 1)),
    object.map((value) => JSON.stringify(value).slice(0, -1)),
    fc.constantFrom("", " ", "[", "{", "}", `"`, `password: "${token}"`, `at ${token}`, "\u0000", "\r"),
  );
  const lines = fc.array(line, { maxLength: 8 }).map((all) => all.join("\n"));

  test("come out the same however they are cut", async () => {
    await fc.assert(
      fc.asyncProperty(lines, fc.array(fc.nat({ max: 40 }), { maxLength: 30 }), async (text, lengths) => {
        const bytes = Buffer.from(text);
        const parts: Buffer[] = [];
        let at = 0;
        for (const length of lengths) {
          parts.push(bytes.subarray(at, at + length));
          at += length;
        }
        parts.push(bytes.subarray(at));
        const whole = await through([bytes]);
        expect((await through(parts)).toString()).toBe(whole.toString());
        expect(whole.toString()).not.toContain(token);
      }),
      { numRuns: 500 },
    );
  });

  test("of JSON are what redactValue makes of them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(object, { minLength: 1, maxLength: 4 }), async (values) => {
        const out = await redacted(
          values.map((value) => `${JSON.stringify(value, null, 1).replaceAll("\n", "")}\n`).join(""),
        );
        const redactor = createRedactor();
        expect(
          out
            .trimEnd()
            .split("\n")
            .map((one) => JSON.parse(one) as unknown),
        ).toEqual(values.map((value) => redactor.redactValue(value)));
      }),
      { numRuns: 300 },
    );
  });
});
