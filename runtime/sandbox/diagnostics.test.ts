import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RunError } from "../host/run-error.ts";
import { errorJson, formatError, locate, parseStack, sourceFrame } from "./diagnostics.ts";

describe("parseStack", () => {
  test("the engine's forms", () => {
    const stack = [
      "    at fetchAll (pipeline.ts:3:27)",
      "    at map (native)",
      "    at <anonymous> (lib/a.ts:10)",
      "    at http_get (std/http:2:40)",
      "    at <eval> (pipeline.ts:1:1)",
      "    at pipeline.ts:7:5",
      "    at lib/b.ts:9",
      "",
    ].join("\n");
    expect(parseStack(stack)).toEqual([
      { fn: "fetchAll", file: "pipeline.ts", line: 3, column: 27 },
      { fn: null, file: "lib/a.ts", line: 10, column: 1 },
      { fn: "http_get", file: "std/http", line: 2, column: 40 },
      { fn: null, file: "pipeline.ts", line: 1, column: 1 },
      { fn: null, file: "pipeline.ts", line: 7, column: 5 },
      { fn: null, file: "lib/b.ts", line: 9, column: 1 },
    ]);
  });

  test("file names with parentheses and spaces", () => {
    expect(parseStack("    at f (my pipeline (1).ts:3:4)")).toEqual([
      { fn: "f", file: "my pipeline (1).ts", line: 3, column: 4 },
    ]);
  });

  test.each([
    "",
    "at ",
    "    at",
    "Error: no",
    "    at f (",
    "    at f ()",
    "    at (:1:2)",
    "    at f (a.ts:x:y)",
    "at a.ts",
  ])("%j has no frame", (stack) => expect(parseStack(stack)).toEqual([]));

  test("hostile text is read only so far", () => {
    const frame = "    at f (pipeline.ts:1:1)\n";
    expect(parseStack(frame.repeat(100_000))).toHaveLength(50);
    expect(parseStack("x".repeat(10_000) + frame)).toEqual([]);
    expect(parseStack(`    at ${"(:1".repeat(1_000_000)})`)).toEqual([]);
    expect(parseStack(`at a.ts:1:${"9".repeat(5_000)}`)).toEqual([]);
  });

  test("any text can be read", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("at ", "(", ")", ":", "1", "x", "\n", " ", "<anonymous>")),
        (parts) => {
          for (const frame of parseStack(parts.join(""))) {
            expect(frame.file).not.toBe("");
            expect(Number.isSafeInteger(frame.line) && Number.isSafeInteger(frame.column)).toBe(true);
          }
        },
      ),
    );
  });
});

test("locate finds the user's own line", () => {
  const stack = "    at http_get (std/http:2:40)\n    at load (lib/a.ts:4:9)\n    at pipeline.ts:1:1\n";
  const own = new Set(["pipeline.ts", "lib/a.ts"]);
  expect(locate(stack, (file) => own.has(file))).toEqual({ file: "lib/a.ts", line: 4, column: 9 });
  expect(locate(stack, () => false)).toBeUndefined();
});

const source =
  'import { http_get } from "std/http";\nconst url = "https://api.example.com";\n  const r = await http_get(url);\n';

describe("formatError", () => {
  const error = new RunError("HARN-RUN-010", "std/http: the script may not reach api.example.com", {
    hint: "Add --allow-net=api.example.com",
    location: { file: "pipeline.ts", line: 3, column: 27 },
    frame: sourceFrame(source, { line: 3, column: 27 }),
  });

  test("an error of the runtime", () => {
    expect(formatError(error)).toMatchInlineSnapshot(`
      "HARN-RUN-010: std/http: the script may not reach api.example.com
        pipeline.ts:3:27
        1 | import { http_get } from "std/http";
        2 | const url = "https://api.example.com";
      > 3 |   const r = await http_get(url);
          |                           ^
        Add --allow-net=api.example.com"
    `);
  });

  test("in colour it is the same text", () => {
    const coloured = formatError(error, { colour: true });
    expect(coloured).toContain("\u001b[31mHARN-RUN-010\u001b[0m: ");
    expect(coloured).toContain("\u001b[31m^\u001b[0m");
    // The colour codes are what is taken out.
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(formatError(error));
  });

  test("an error that the script made itself", () => {
    expect(formatError({ code: null, name: "TypeError", message: "x is not a function" })).toBe(
      "TypeError: x is not a function",
    );
    expect(formatError({ message: "just so" })).toBe("Error: just so");
    expect(formatError({ name: "Error", message: "" })).toBe("Error");
  });

  test("no part of it can act on a terminal or forge a line", () => {
    const evil = "\u001b]0;x\u0007\r\nHARN-RUN-001: forged\u009b2J\u202e";
    const text = formatError({
      code: evil,
      name: evil,
      message: evil,
      location: { file: evil, line: 1, column: 1 },
      frame: `> 1 | \u001b[2J\u009b\n    | ^`,
      hint: evil,
    });
    expect(text).toMatchInlineSnapshot(`
      "\\x1b]0;x\\x07\\r\\nHARN-RUN-001: forged\\x9b2J\\u202e: \\x1b]0;x\\x07\\r\\nHARN-RUN-001: forged\\x9b2J\\u202e
        \\x1b]0;x\\x07\\r\\nHARN-RUN-001: forged\\x9b2J\\u202e:1:1
      > 1 | \\x1b[2J\\x9b
          | ^
        \\x1b]0;x\\x07\\r\\nHARN-RUN-001: forged\\x9b2J\\u202e"
    `);
  });

  test("whatever the message, the text is one header line without control characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (message) => {
        expect(formatError({ code: "X", message })).not.toMatch(
          /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u,
        );
      }),
    );
  });

  test("a long message is cut", () => {
    expect(formatError({ message: "x".repeat(1_000_000) }).length).toBeLessThan(5_000);
  });
});

test("errorJson holds the same as plain data", () => {
  const json = errorJson(
    new RunError("HARN-RUN-012", "expression expected\u001b[2J", {
      location: { file: "p.ts", line: 1, column: 2 },
    }),
  );
  expect(JSON.parse(JSON.stringify(json))).toEqual({
    code: "HARN-RUN-012",
    name: "RunError",
    message: "expression expected\\x1b[2J",
    location: { file: "p.ts", line: 1, column: 2 },
    hint: "Correct the source at this place.",
  });
  expect(errorJson({ message: "a\n\tb" })).toEqual({ code: null, message: "a\n\tb" });
});
