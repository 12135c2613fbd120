import { Console as NodeConsole } from "node:console";
import { Writable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../engine.ts";
import { redactingConsole } from "./console.ts";
import { isGone, jsonOf, knownValue, planted, plantedRedactor } from "./planted.test.support.ts";

const token = ["gh", "p_", "aB3".repeat(12)].join("");
const shown = `<redacted:github_token:${token.length}>`;

/** A redacting console, and what it wrote: method and text. */
function captured(redactor: Parameters<typeof redactingConsole>[0] = plantedRedactor()) {
  const lines: [string, string][] = [];
  const to =
    (method: string) =>
    (...parts: unknown[]): void => {
      expect(parts).toEqual([expect.any(String)]);
      lines.push([method, String(parts[0])]);
    };
  const target = {
    debug: to("debug"),
    error: to("error"),
    info: to("info"),
    log: to("log"),
    warn: to("warn"),
  };
  return {
    out: redactingConsole(redactor, target),
    lines,
    text: () => lines.map(([, line]) => line).join("\n"),
  };
}

/** Node's own console, and what it wrote. */
function native() {
  let text = "";
  const stdout = new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return {
    out: new NodeConsole({ stdout, colorMode: false }),
    text: () => text.replace(/\n$/, ""),
  };
}

describe("what is printed", () => {
  test.each<[string, (out: Console) => void]>([
    ["text", (out) => out.log("a", "b\nc", "", "100%", "%s")],
    ["nothing", (out) => out.log()],
    [
      "specifiers",
      (out) => out.log("%s %d %i %f %j %o %O %% %c|", "a", 1, "2", 3.5, { a: 1 }, [1], { b: 2 }, "x", 4),
    ],
    ["primitives", (out) => out.log(1, -0, 1n, true, null, undefined, Symbol("s"), Number.NaN)],
    ["objects", (out) => out.info({ a: { b: { c: { d: 1 } } }, list: [1, [2]], "x-y": "it's" })],
    [
      "collections",
      (out) =>
        out.debug(
          new Map<unknown, unknown>([
            ["a", { b: 1 }],
            [{}, 2],
          ]),
          new Set([1, "b"]),
        ),
    ],
    ["dates, expressions, links", (out) => out.log(new Date(0), { at: new Date(0), re: /x/g })],
    ["functions", (out) => out.log(function named() {}, { arrow: () => 1, sign: Symbol("s") })],
    [
      "getters, which do not run",
      (out) =>
        out.log({
          get a() {
            throw new Error("ran");
          },
        }),
    ],
    ["a long list", (out) => out.log(Array.from({ length: 200 }, (_, i) => i))],
    [
      "tables",
      (out) =>
        out.table([
          { a: 1, b: "x" },
          { a: 2, c: [3] },
        ]),
    ],
    ["chosen columns", (out) => out.table([{ a: 1, b: "x" }], ["b"])],
    ["a table that is none", (out) => out.table("text")],
    ["dir", (out) => out.dir({ a: { b: { c: { d: { e: 1 } } } } }, { depth: null })],
    [
      "dir without own inspect functions",
      (out) => out.dir({ f() {}, e: [Symbol("s")] }, { customInspect: false }),
    ],
    ["dir of text", (out) => out.dir("it's")],
    ["dirxml", (out) => out.dirxml({ a: 1 }, [2])],
    [
      "groups",
      (out) => {
        out.group("outer", { a: 1 });
        out.log("in\nside");
        out.groupCollapsed();
        out.log("deeper");
        out.groupEnd();
        out.groupEnd();
        out.log("out");
      },
    ],
    [
      "counts",
      (out) => {
        out.count();
        out.count("a");
        out.count("a");
        out.countReset("a");
        out.count("a");
      },
    ],
    ["assertions that hold", (out) => out.assert(true, "no")],
    [
      "assertions",
      (out) => {
        out.assert(false);
        out.assert(0, "because %s", "of");
      },
    ],
    ["an error", (out) => out.log(new TypeError("bad"))],
    [
      "an error with members",
      (out) => out.error(Object.assign(new RangeError("bad"), { code: 7, at: { a: 1 } })),
    ],
    ["causes", (out) => out.error("failed:", new Error("a", { cause: new Error("b", { cause: "c" }) }))],
    ["errors in objects", (out) => out.log({ error: new Error("a"), list: [new SyntaxError("b")] })],
    ["several errors", (out) => out.log(new AggregateError([new Error("a"), 2], "many"))],
  ])("%s: as by Node", (_, call) => {
    // The same function and line both times, so that stacks are the same.
    const consoles = [captured(), native()] as const;
    for (const { out } of consoles) call(out);
    expect(consoles[0].text()).toBe(consoles[1].text());
  });

  test("what has no members is shown by its kind", () => {
    class Empty {
      readonly #secret = token;
      reads(): boolean {
        return this.#secret === token;
      }
    }
    const { out, text } = captured();
    out.log(new WeakSet(), Promise.resolve(token), new Empty(), new Error("x", { cause: undefined }).cause);
    expect(text()).toBe("[WeakSet] [Promise] Empty {} undefined");
  });

  test("a class instance is shown without its class, an object inside itself as such", () => {
    class Account {
      name = "ada";
      password = "opaque";
    }
    const loop: Record<string, unknown> = { a: 1 };
    loop.self = loop;
    const { out, lines } = captured();
    out.log(new Account(), loop);
    expect(lines).toEqual([
      ["log", "{ name: 'ada', password: '<redacted:password:6>' } { a: 1, self: '[circular]' }"],
    ]);
  });

  test("time is kept", () => {
    const { out, lines } = captured();
    out.time("t");
    out.timeLog("t", { secret: "opaque" });
    out.timeEnd("t");
    expect(lines[0]?.[1]).toMatch(/^t: [\d.]+m?s \{ secret: '<redacted:secret:6>' \}$/);
    expect(lines[1]?.[1]).toMatch(/^t: [\d.]+m?s$/);
  });

  test("a trace begins at the caller", () => {
    const { out, lines } = captured();
    out.trace("here %s", token);
    const [[method, text] = ["", ""]] = lines;
    expect(method).toBe("error");
    expect(text.split("\n")[0]).toBe(`Trace: here ${shown}`);
    expect(text.split("\n")[1]).toContain("console.test");
  });

  test("each method writes where it belongs, also on its own", () => {
    const { out, lines } = captured();
    const { debug, error, info, log, warn, assert, table } = out;
    debug("a");
    error("a");
    info("a");
    log("a");
    warn("a");
    assert(false, "a");
    table("a");
    expect(lines.map(([method]) => method)).toEqual(["debug", "error", "info", "log", "warn", "warn", "log"]);
  });
});

describe("what is not", () => {
  test("credentials by name", () => {
    const { out, text } = captured();
    out.log({ access_token: "opaque", nested: { cookie: ["opaque"] } }, new Map([["password", "opaque"]]));
    out.log("token=%s", "opaque");
    out.log("see", "access_token=opaque");
    out.log(new Headers({ authorization: "Basic opaque" }), new URLSearchParams({ client_secret: "opaque" }));
    out.log(new URL("https://ada:opaque@example.com/?token=opaque"));
    out.error(Object.assign(new Error("x"), { config: { password: "opaque" } }));
    out.error(new Error("x", { cause: { password: "opaque" } }));
    out.table([{ password: "opaque" }]);
    out.dir({ password: "opaque" }, { customInspect: false });
    out.group({ password: "opaque" });
    expect(text()).not.toContain("opaque");
    expect(text().match(/<redacted:/g)).toHaveLength(14);
  });

  test("a token that only the whole text shows", () => {
    const { out, text } = captured();
    out.log("%s%s", token.slice(0, 20), token.slice(20));
    out.log("Authorization: Bearer", "opaque-and-long-enough");
    out.log("see", "access_token=opaque", `access_token=opaque ${token}`, "%s");
    out.log("a %s|%s", "access_token=opaque", `access_token=opaque`, "access_token=opaque");
    expect(text().split("\n")[0]).toBe(shown);
    expect(text()).not.toContain("opaque");
  });

  test("an own inspect function, which could show anything", () => {
    const { out, text } = captured();
    const inspectable = { [Symbol.for("nodejs.util.inspect.custom")]: () => "password: 'opaque'", a: 1 };
    class Hidden {
      [Symbol.for("nodejs.util.inspect.custom")](): string {
        return "password: 'opaque'";
      }
    }
    out.log(inspectable, { inspectable }, new Hidden());
    expect(text()).toBe("{ a: 1 } { inspectable: { a: 1 } } Hidden {}");
  });

  test("a key of several lines in a group", () => {
    const { out, text } = captured();
    const redactor = createRedactor();
    redactor.register("first line\nsecond line", "private_key");
    const grouped = captured(redactor);
    grouped.out.group();
    grouped.out.log("key: %s", "first line\nsecond line");
    expect(grouped.text()).toBe("  key: <redacted:private_key:22>");
    out.groupEnd();
    expect(text()).toBe("");
  });

  test("labels, which Node prints past the console", async () => {
    const warnings: string[] = [];
    const listener = (warning: Error): void => void warnings.push(warning.message);
    process.on("warning", listener);
    const { out, text } = captured();
    out.countReset(token);
    out.timeEnd(token);
    out.timeLog(token);
    out.time(token);
    out.time(token);
    out.timeEnd(token);
    out.count(token);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", listener);
    expect(warnings).toHaveLength(4);
    expect(isGone(token, warnings.join() + text())).toBe(true);
  });

  test("secrets anywhere, by any method", () => {
    const methods = [
      "log",
      "error",
      "warn",
      "info",
      "debug",
      "dirxml",
      "group",
      "trace",
      "dir",
      "table",
    ] as const;
    const call = fc.array(planted, { minLength: 1, maxLength: 3 }).chain((secrets) => {
      const text = fc.oneof(fc.constantFrom(...secrets.map((one) => one.text)), fc.string({ maxLength: 12 }));
      const value = fc.oneof(
        jsonOf(text),
        text.map((one) => new Error(one, { cause: { note: one } })),
        text.map((one) => Object.assign(() => one, { note: one })),
        fc.tuple(text, text).map((pair) => new Map([pair])),
        text.map((one) => Symbol(one)),
        text.map((one) => new Set([one, [one]])),
        text.map((one) => Buffer.from(one)),
        text.map(
          (one) =>
            new (class Note {
              note = one;
            })(),
        ),
        text.map((one) => ({ [one]: new AggregateError([new Error(one)], one) })),
      );
      return fc.record({
        secrets: fc.constant(secrets),
        method: fc.constantFrom(...methods),
        first: fc.oneof(fc.constantFrom("%s", "a %s b %o %j", "%%", "%O%d%s"), value),
        rest: fc.array(value, { maxLength: 3 }),
      });
    });
    fc.assert(
      fc.property(call, ({ secrets, method, first, rest }) => {
        const { out, lines, text } = captured();
        Reflect.apply(out[method], out, method === "dir" || method === "table" ? [first] : [first, ...rest]);
        expect(lines.length).toBeGreaterThan(0);
        expect(text()).not.toContain("unscannable");
        expect(secrets.filter(({ secret }) => !isGone(secret, text()))).toEqual([]);
        expect(Buffer.from(knownValue).join(", ").length).toBeGreaterThan(0);
        expect(text().replace(/\s+/g, " ")).not.toContain(Buffer.from(knownValue).join(", "));
      }),
      { numRuns: 600 },
    );
  });
});

describe("failures", () => {
  test("a redactor that fails shows nothing and stops nobody", () => {
    const inner = createRedactor();
    let broken = false;
    const fail = (): never => {
      throw new Error(token);
    };
    const { out, text } = captured({
      redact: (text) => (broken ? fail() : inner.redact(text)),
      redactValue: (value) => (broken ? fail() : inner.redactValue(value)),
    });
    broken = true;
    out.log(token, { token }, new Error(token));
    out.table([{ token }]);
    out.count(token);
    expect(text()).toMatch(/^(<redacted:unscannable:\d+>\n?){3}$/);
  });

  test("what cannot be shown is shown as that", () => {
    const { out, text } = captured();
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error(token);
        },
      },
    );
    out.log("a", hostile, "b");
    out.log("%s", { toString: "no function" });
    expect(text()).toBe("a <redacted:unscannable:0> b\n{ toString: 'no function' }");
  });

  test("a target that fails loses one line", () => {
    const lines: string[] = [];
    const target = {
      ...console,
      log: (line: string) => {
        if (line === "bad") throw new Error("closed");
        lines.push(line);
      },
    };
    const out = redactingConsole(createRedactor(), target);
    out.log("bad");
    out.log("good");
    expect(lines).toEqual(["good"]);
  });

  test("a redactor that lets a token through is refused", () => {
    const open = { redact: (text: string) => text, redactValue: (value: unknown) => value };
    expect(() => redactingConsole(open)).toThrow(expect.objectContaining({ code: "HARN-OAU-011" }));
  });

  test("replacing the methods of the target by its own is no circle", () => {
    const lines: string[] = [];
    const target: Console = { ...console, log: (line: string) => void lines.push(line) };
    target.log = redactingConsole(createRedactor(), target).log;
    target.log(token);
    expect(lines).toEqual([shown]);
  });
});
