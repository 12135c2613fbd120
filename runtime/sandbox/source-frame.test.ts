import { describe, expect, test } from "vitest";
import { locationAt, sourceFrame } from "./source-frame.ts";

/** The cell under which the caret stands, and what the last source line shows there. */
function underCaret(frame: string): string {
  const [line = "", caret = ""] = frame.split("\n").slice(-2);
  return line.slice(caret.indexOf("^"));
}

describe("locationAt", () => {
  test("lines and columns count from 1, columns in characters", () => {
    const source = "a\n😀é b\r\nc";
    expect(locationAt(source, "p.ts", 0)).toEqual({ file: "p.ts", line: 1, column: 1 });
    expect(locationAt(source, "p.ts", source.indexOf("b"))).toEqual({ file: "p.ts", line: 2, column: 4 });
    expect(locationAt(source, "p.ts", source.indexOf("c"))).toEqual({ file: "p.ts", line: 3, column: 1 });
    expect(locationAt(source, "p.ts", 1)).toEqual({ file: "p.ts", line: 1, column: 2 });
  });
});

describe("sourceFrame", () => {
  test("the line, two before it, and a caret", () => {
    const source =
      'import { http_get } from "std/http";\nconst url = "x";\n  const r = await http_get(url);\nend();';
    expect(sourceFrame(source, { line: 3, column: 27 })).toMatchInlineSnapshot(`
      "  1 | import { http_get } from "std/http";
        2 | const url = "x";
      > 3 |   const r = await http_get(url);
          |                           ^"
    `);
  });

  test("the first lines of a file, and line numbers that get longer", () => {
    expect(sourceFrame("boom();", { line: 1, column: 1 })).toBe("> 1 | boom();\n    | ^");
    const source = Array.from({ length: 20 }, (_, index) => `line${index + 1}`).join("\r\n");
    expect(sourceFrame(source, { line: 10, column: 3 })).toMatchInlineSnapshot(`
      "   8 | line8
         9 | line9
      > 10 | line10
           |   ^"
    `);
  });

  test("an empty line, the end of a line, and past it", () => {
    expect(sourceFrame("a\n\nb", { line: 2, column: 1 })).toBe("  1 | a\n> 2 |\n    | ^");
    expect(sourceFrame("ab", { line: 1, column: 3 })).toBe("> 1 | ab\n    |   ^");
    expect(sourceFrame("ab", { line: 1, column: 999_999_999 })).toBe("> 1 | ab\n    |   ^");
  });

  test.each([0, -1, 4, 999_999_999, Number.NaN])("no line %d, no frame", (line) => {
    expect(sourceFrame("a\nb\nc", { line, column: 1 })).toBe("");
  });

  test("tabs stay, so the caret stands right whatever their width", () => {
    expect(sourceFrame("\tif (x)\ty();", { line: 1, column: 9 })).toBe(
      "> 1 | \tif (x)\ty();\n    | \t      \t^",
    );
  });

  test("wide characters take two cells, marks none", () => {
    expect(sourceFrame("'日本😀' x", { line: 1, column: 7 })).toBe("> 1 | '日本😀' x\n    |          ^");
    expect(sourceFrame("'e\u0301' x", { line: 1, column: 6 })).toBe("> 1 | 'e\u0301' x\n    |     ^");
    expect(sourceFrame("'ｱ가' x", { line: 1, column: 6 })).toBe("> 1 | 'ｱ가' x\n    |       ^");
  });

  test("control characters and bidi overrides are shown, not sent", () => {
    expect(sourceFrame("a\u001b[2J\u202e\u009b\rb", { line: 1, column: 9 })).toBe(
      "> 1 | a\\x1b[2J\\u202e\\x9b\\rb\n    |                     ^",
    );
    expect(sourceFrame("'\ud800' x", { line: 1, column: 5 })).toBe("> 1 | '\\ud800' x\n    |          ^");
  });

  test("long lines are cut around the column", () => {
    const line = `${"a".repeat(500)}HERE${"b".repeat(500)}`;
    expect(
      sourceFrame(`short\n${"c".repeat(900)}\n${line}`, { line: 3, column: 501 }),
    ).toMatchInlineSnapshot(`
      "  1 | …
        2 | …cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc…
      > 3 | …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaHEREbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…
          |                                                              ^"
    `);
    for (const column of [1, 40, 61, 62, 100, 101, 102, 501, 900, 1004]) {
      const frame = sourceFrame(line, { line: 1, column });
      expect(underCaret(frame)[0]).toBe(line[column - 1]);
      expect(Math.max(...frame.split("\n").map((shown) => shown.length))).toBeLessThan(120);
    }
  });

  test("a line of a megabyte, and one of marks only, stay short", () => {
    for (const line of [
      "x".repeat(1_000_000),
      "\u0301".repeat(1_000_000),
      "日".repeat(500_000),
      "\u001b".repeat(9_999),
    ]) {
      expect(sourceFrame(line, { line: 1, column: 400_000 }).length).toBeLessThan(400);
    }
  });
});
