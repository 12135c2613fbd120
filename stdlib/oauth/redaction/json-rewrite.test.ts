import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rewrittenJson } from "./json-rewrite.ts";

/** Replaces strings that contain `s`, names too, as redaction would. */
function masked(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("s", "<x>");
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => [name.replaceAll("s", "<x>"), masked(item)]);
  return Object.fromEntries(entries) as unknown;
}

function rewritten(text: string): string {
  const value: unknown = JSON.parse(text);
  return rewrittenJson(text, value, masked(value));
}

test.each([
  [`{"a":"b"}`, `{"a":"b"}`],
  [`{"a":"s"}`, `{"a":"<x>"}`],
  [` { "a" : "s" ,\t"b":[ 1.0, "s" , {} ,[ ] ] } `, ` { "a" : "<x>" ,\t"b":[ 1.0, "<x>" , {} ,[ ] ] } `],
  [
    `{"n":12345678901234567890,"t":"s","e":1E3,"z":-0}`,
    `{"n":12345678901234567890,"t":"<x>","e":1E3,"z":-0}`,
  ],
  [`{"s":1.0,"b":true,"s2":null}`, `{"<x>":1.0,"b":true,"<x>2":null}`],
  [`["\\u0041\\/","\\u0073"]`, `["\\u0041\\/","<x>"]`],
  [`{"\\u0061":"\\\\","b\\"":"s\\""}`, `{"\\u0061":"\\\\","b\\"":"<x>\\""}`],
  [`{"__proto__":"s","x":1.0}`, `{"__proto__":"<x>","x":1.0}`],
  [`{"7":"s","b":1.0,"1":"s"}`, `{"7":"<x>","b":1.0,"1":"<x>"}`],
  [`{}`, `{}`],
  [`[ ]`, `[ ]`],
])("%s becomes %s", (text, result) => {
  expect(rewritten(text)).toBe(result);
});

test("what a name that comes twice hides does not come out", () => {
  expect(rewritten(`{"a":"hidden s", "a":"b"}`)).toBe(`{"a":"b"}`);
  expect(rewritten(`[{"b":{"a":{"x":"hidden"}, "\\u0061":1}}]`)).toBe(`[{"b":{"a":1}}]`);
});

test("names that become one leave what the copy has", () => {
  expect(rewritten(`{"s": 1, "<x>": 2}`)).toBe(`{"<x>":2}`);
});

test("a part that was replaced whole is replaced whole", () => {
  const text = `{"a": [[{"x":"]}\\"}"}], 1] , "b": 1.0}`;
  expect(rewrittenJson(text, JSON.parse(text), { a: "gone", b: 1 })).toBe(`{"a": "gone" , "b": 1.0}`);
  expect(rewrittenJson(text, JSON.parse(text), "gone")).toBe(`"gone"`);
});

describe("any JSON, written in any way", () => {
  const space = fc.constantFrom("", " ", "\t", "  ", "\r");
  const text = fc
    .tuple(fc.json({ maxDepth: 5 }), fc.array(space, { minLength: 1, maxLength: 7 }))
    .map(([json, spaces]) => {
      let next = 0;
      // Strings are left alone; around everything else there is some space.
      return json.replace(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g, (token) => {
        next += 1;
        return `${spaces[next % spaces.length] ?? ""}${token}${spaces[(next * 3) % spaces.length] ?? ""}`;
      });
    });

  test("is the copy when it is read, and unchanged when nothing is", () => {
    fc.assert(
      fc.property(text, (given) => {
        const value: unknown = JSON.parse(given);
        expect(rewrittenJson(given, value, JSON.parse(given))).toBe(given);
        expect(JSON.stringify(JSON.parse(rewritten(given)))).toBe(JSON.stringify(masked(value)));
      }),
      { numRuns: 2_000 },
    );
  });
});

test("a deep and a long text take linear time", () => {
  const deep = `${"[".repeat(500_000)}${"]".repeat(500_000)}`;
  expect(rewrittenJson(`[ ${deep}]`, [[]], ["cut"])).toBe(`[ "cut"]`);
  const long = JSON.stringify(["\\".repeat(1_000_000), `${'"'.repeat(1_000_000)}s`]);
  expect(JSON.parse(rewritten(` ${long}`))).toEqual(masked(JSON.parse(long)));
});
