import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { guestRealm, turn } from "./guest-realm.test.fixture.ts";
import { poison, setUp, use } from "./poison.test.fixture.ts";

const realm = guestRealm();
const guest = realm.globals as unknown as typeof globalThis;

/** Any UTF-16 text, lone surrogates and the characters that encodings care about included. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ..."&=+%?#;/ abzAZ09*-._~!'()\u00e9\u20ac\ufeff\ufffd\u0000\n".split(""),
        "%41",
        "%c3%a9",
        "%ff",
        "\u{1f600}",
        "\ud800",
        "\udc00",
      ),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    ),
    { maxLength: 20 },
  )
  .map((parts) => parts.join(""));

/** What a function gives or throws, as plain data. */
function outcome(body: () => unknown): unknown {
  try {
    return { value: body() };
  } catch (error) {
    return { threw: (error as Error).name };
  }
}

test("the globals are writable, configurable and not enumerable", () => {
  const names = ["console", "URL", "setTimeout", "structuredClone", "env", "log", "http_get", "DOMException"];
  for (const name of names) {
    expect(Object.getOwnPropertyDescriptor(guest, name)).toMatchObject({
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }
  expect(realm.run("Object.keys(globalThis)")).toHaveLength(0);
  expect(guest.crypto.subtle).toBe(undefined);
  expect([guest.URL.name, guest.setTimeout.name, guest.atob.name]).toEqual(["URL", "setTimeout", "atob"]);
});

describe("text encoding", () => {
  test("TextEncoder encodes as Node's", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect([...new guest.TextEncoder().encode(text)]).toEqual([...new TextEncoder().encode(text)]);
      }),
    );
    expect(new guest.TextEncoder().encode()).toHaveLength(0);
    expect(new guest.TextEncoder().encode("x".repeat(5_000))).toHaveLength(5_000);
    expect(new guest.TextEncoder().encoding).toBe("utf-8");
  });

  test("encodeInto stops where Node's stops", () => {
    fc.assert(
      fc.property(anyText, fc.nat(12), (text, room) => {
        const [ours, theirs] = [new Uint8Array(room), new Uint8Array(room)];
        const result = new guest.TextEncoder().encodeInto(text, ours);
        expect({ ...result }).toEqual(new TextEncoder().encodeInto(text, theirs));
        expect(ours).toEqual(theirs);
      }),
    );
    expect(() => new guest.TextEncoder().encodeInto("x", [] as unknown as Uint8Array)).toThrowError(
      "Uint8Array",
    );
  });

  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    anyText.map((text) => new TextEncoder().encode(text)),
    fc
      .array(
        fc.constantFrom(
          0xef,
          0xbb,
          0xbf,
          0xe0,
          0xed,
          0xf0,
          0xf4,
          0xf5,
          0xc0,
          0xc2,
          0x80,
          0x8f,
          0x9f,
          0xa0,
          0x41,
        ),
      )
      .map((list) => Uint8Array.from(list)),
  );

  test("TextDecoder decodes as Node's, whole and in pieces", () => {
    fc.assert(
      fc.property(bytes, fc.boolean(), fc.boolean(), fc.nat(12), (data, fatal, ignoreBOM, cut) => {
        const options = { fatal, ignoreBOM };
        const both = [guest.TextDecoder, TextDecoder] as const;
        const [ours, theirs] = both.map((Class) => outcome(() => new Class("utf-8", options).decode(data)));
        expect(ours).toEqual(theirs);
        if (fatal) return;
        const [pieces, whole] = both.map((Class) => {
          const decoder = new Class("utf-8", options);
          return (
            decoder.decode(data.subarray(0, cut), { stream: true }) +
            decoder.decode(data.subarray(cut), { stream: true }) +
            decoder.decode() +
            decoder.decode(data)
          );
        });
        expect(pieces).toBe(whole);
      }),
      { numRuns: 1_000 },
    );
  });

  test("TextDecoder takes buffers and views, and only UTF-8", () => {
    const data = new TextEncoder().encode("-héllo-");
    const { buffer } = data;
    const decoder = new guest.TextDecoder();
    expect(decoder.decode(buffer)).toBe("-héllo-");
    expect(decoder.decode(new DataView(buffer, 1, 6))).toBe("héllo");
    expect(decoder.decode(new Uint16Array(buffer, 0, 1))).toBe("-h");
    expect(decoder.decode(new Uint8Array(5_000).fill(97))).toHaveLength(5_000);
    for (const label of [" UTF8\n", "unicode-1-1-utf-8", "utf-8"]) {
      expect(new guest.TextDecoder(label).encoding).toBe("utf-8");
    }
    expect(outcome(() => new guest.TextDecoder("latin1"))).toEqual({ threw: "RangeError" });
    expect(outcome(() => decoder.decode("x" as unknown as ArrayBuffer))).toEqual({ threw: "TypeError" });
  });
});

describe("base64", () => {
  test("btoa and atob do as Node's", () => {
    const latin = fc.array(fc.integer({ min: 0, max: 255 })).map((list) => String.fromCharCode(...list));
    fc.assert(
      fc.property(fc.oneof(latin, anyText), (text) => {
        expect(outcome(() => guest.btoa(text))).toEqual(outcome(() => btoa(text)));
      }),
    );
    const encoded = fc.string({
      unit: fc.constantFrom(..."ABab09+/=- \t\n\f\r\u00e9".split("")),
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.oneof(encoded, latin.map(btoa)), (text) => {
        expect(outcome(() => guest.atob(text))).toEqual(outcome(() => atob(text)));
      }),
      { numRuns: 1_000 },
    );
  });

  test("refusals are DOMExceptions", () => {
    expect(
      realm.run(
        "try { atob('*') } catch (e) { [e instanceof DOMException, e instanceof Error, e.name, e.code].join() }",
      ),
    ).toBe("true,true,InvalidCharacterError,5");
  });
});

describe("URLSearchParams", () => {
  type Step = readonly [
    "append" | "set" | "delete" | "has" | "get" | "getAll" | "sort" | "deletePair" | "hasPair",
    string,
    string,
  ];
  const word = fc.oneof(fc.constantFrom("a", "b", ""), anyText);
  const step: fc.Arbitrary<Step> = fc.tuple(
    fc.constantFrom("append", "set", "delete", "has", "get", "getAll", "sort", "deletePair", "hasPair"),
    word,
    word,
  );

  function walk(params: URLSearchParams, steps: readonly Step[]): unknown[] {
    return steps.map(([name, a, b]) => {
      const seen = (() => {
        switch (name) {
          case "append":
          case "set":
            return params[name](a, b);
          case "getAll":
            return [...params.getAll(a)];
          case "sort":
            return params.sort();
          case "deletePair":
            return params.delete(a, b);
          case "hasPair":
            return params.has(a, b);
          default:
            return params[name](a);
        }
      })();
      return [seen, params.toString(), params.size, [...params].map(([k, v]) => [k, v])];
    });
  }

  /** Node reads text that is not ASCII as Latin-1 when an escape in it is malformed; the standard has no such case. */
  function nodeCanRead(text: string): boolean {
    return !/[^\0-\x7f]/.test(text) || !("threw" in (outcome(() => decodeURIComponent(text)) as object));
  }

  test("follows the standard where Node does not", () => {
    expect([...new guest.URLSearchParams("\u00e9%=%ff\u{1f600}")].join()).toBe("\u00e9%,\ufffd\u{1f600}");
    expect(new guest.URLSearchParams(null as unknown as string).toString()).toBe("null=");
  });

  test("does as Node's, from text and step by step", () => {
    fc.assert(
      fc.property(anyText.filter(nodeCanRead), fc.array(step, { maxLength: 8 }), (init, steps) => {
        const steps1: Step[] = [["has", "a", ""], ...steps];
        expect(walk(new guest.URLSearchParams(init), steps1)).toEqual(
          walk(new URLSearchParams(init), steps1),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("is made from pairs and objects as Node's", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word)), fc.dictionary(word, word), (pairs, record) => {
        for (const init of [pairs, record, new Map(pairs), new URLSearchParams(pairs)]) {
          const make = (Class: typeof URLSearchParams): string =>
            new Class(init as Record<string, string>).toString();
          expect(make(guest.URLSearchParams)).toBe(make(URLSearchParams));
        }
      }),
    );
    for (const init of [
      undefined,
      1,
      true,
      "?a=1",
      "??a",
      [["a"]],
      [["a", "b", "c"]],
      [1],
      { [Symbol("x")]: "1" },
      { a: Symbol("x") },
    ]) {
      const make = (Class: typeof URLSearchParams): unknown =>
        outcome(() => new Class(init as string).toString());
      expect(make(guest.URLSearchParams)).toEqual(make(URLSearchParams));
    }
  });

  test("iterates, sees changes meanwhile, and refuses missing arguments", () => {
    const shown = realm.run(`
      const params = new URLSearchParams("a=1&b=2&c=3");
      const seen = [];
      for (const [name, value] of params) { seen.push(name + value); if (name === "a") params.delete("b"); }
      params.forEach(function (value, name, all) { seen.push(this.x + name + value + (all === params)); }, { x: "!" });
      const it = params.keys();
      seen.push(...it, String(it), it[Symbol.iterator]() === it, ...params.values());
      seen.push(params[Symbol.iterator] === params.entries, Object.prototype.toString.call(params));
      for (const wrong of [() => params.append("a"), () => params.get(), () => params.set("a"), () => params.forEach(1)]) {
        try { wrong(); } catch (e) { seen.push(e.name); }
      }
      seen.join(" ")`);
    expect(shown).toBe(
      "a1 c3 !a1true !c3true a c [object URLSearchParams Iterator] true 1 3 true [object URLSearchParams] TypeError TypeError TypeError TypeError",
    );
  });
});

describe("URL", () => {
  const members = [
    "href",
    "origin",
    "protocol",
    "username",
    "password",
    "host",
    "hostname",
    "port",
    "pathname",
    "search",
    "hash",
  ] as const;
  const shown = (url: URL): unknown => [
    ...members.map((name) => url[name]),
    String(url),
    JSON.stringify(url),
    url.searchParams.toString(),
  ];
  const input = fc.oneof(
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.constantFrom(
      "../x?y#z",
      "//h/p",
      "?q=a b&c",
      "#f",
      "",
      "data:text/plain,x y ",
      "file:///c:/x",
      "https://u:p@xn--p1ai.example:443/\u00e9",
    ),
    anyText,
  );

  test("parses as Node's", () => {
    fc.assert(
      fc.property(input, fc.option(input, { nil: undefined }), (text, base) => {
        expect(outcome(() => shown(new guest.URL(text, base)))).toEqual(
          outcome(() => shown(new URL(text, base))),
        );
        expect(guest.URL.canParse(text, base)).toBe(URL.canParse(text, base));
      }),
    );
  });

  test("changes as Node's, by its members and by its searchParams", () => {
    const change = fc.tuple(
      fc.constantFrom(...members.filter((name) => name !== "origin"), "append", "delete", "sort"),
      fc.oneof(fc.constantFrom("http:", "8080", "h.example:1", "", "?a=b&c", "#x"), input),
    );
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: true }),
        fc.array(change, { maxLength: 6 }),
        (start, changes) => {
          const walk = (Class: typeof URL): unknown => {
            const url = new Class(start);
            const params = url.searchParams;
            return changes.map(([name, value]) => [
              outcome(() => {
                if (name === "append") params.append(value, "v w");
                else if (name === "delete") params.delete("a");
                else if (name === "sort") params.sort();
                else (url as unknown as Record<string, string>)[name] = value;
              }),
              shown(url),
              params === url.searchParams,
            ]);
          };
          expect(walk(guest.URL)).toEqual(walk(URL));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a refused text is the standard's TypeError; parse answers null", () => {
    expect(outcome(() => new guest.URL("/x"))).toEqual({ threw: "TypeError" });
    expect(() => new guest.URL("/x")).toThrowError(/^Invalid URL$/);
    expect(realm.run("URL.parse('/x') === null && URL.parse('/x', 'https://a.example').href")).toBe(
      "https://a.example/x",
    );
    expect(realm.run("try { new URL() } catch (e) { e.message }")).toBe("URL: 1 argument is required");
  });

  test("another failure of the host stays what it is", () => {
    const failing = guestRealm({
      "std/url": {
        url_parse: () => {
          throw Object.assign(new Error("the run is over"), { code: "HARN-RUN-009" });
        },
      },
    });
    expect(failing.run("try { URL.canParse('https://a.example') } catch (e) { e.code }")).toBe(
      "HARN-RUN-009",
    );
  });
});

describe("structuredClone", () => {
  const data = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withSparseArray: true,
    withTypedArray: true,
    withObjectString: true,
  });

  /** A value of either realm as one of this realm, circles and shared parts kept. */
  const here = (value: unknown): unknown => deserialize(serialize(value));

  test("clones as Node's", () => {
    fc.assert(
      // Not Node's isDeepStrictEqual, for which two invalid dates differ.
      fc.property(data, (value) => {
        expect(here(guest.structuredClone(value))).toStrictEqual(here(structuredClone(value)));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["a circle", () => Object.assign([1, 2], { more: 1 })],
    ["a regular expression", () => /a\/b/dgimsuy],
    ["an error with a cause", () => realm.run("new TypeError('no', { cause: { n: 1 } })")],
    ["a named error", () => realm.run("Object.assign(new Error('no'), { name: 'MyError', code: 'X' })")],
    ["a buffer", () => new Uint8Array([1, 2, 3]).buffer],
    [
      "views of one buffer",
      () => ((b) => [new Uint16Array(b, 2, 1), new DataView(b, 1), b])(new ArrayBuffer(6)),
    ],
    [
      "an instance",
      () =>
        new (class Point {
          x = 1;
          get y(): number {
            return 2;
          }
        })(),
    ],
    ["a __proto__ member", () => JSON.parse('{"__proto__":{"a":1}}') as unknown],
  ])("%s is cloned as by Node", (_, make) => {
    const value = make();
    const circle = { value, self: null as unknown, map: new Map<unknown, unknown>([[value, value]]) };
    circle.self = circle;
    circle.map.set(circle, new Set([circle.map]));
    expect(isDeepStrictEqual(here(guest.structuredClone(circle)), here(structuredClone(circle)))).toBe(true);
  });

  test("the copy is of the realm and shares nothing", () => {
    expect(
      realm.run(`{
        const from = { map: new Map([["k", [1]]]), bytes: new Uint8Array([1]), date: new Date(5), error: new RangeError("r") };
        const to = structuredClone(from);
        to.map.get("k").push(2); to.bytes[0] = 9;
        [to.map instanceof Map, to.date instanceof Date, to.error instanceof RangeError, Object.getPrototypeOf(to) === Object.prototype,
          from.map.get("k").length, from.bytes[0]].join()
      }`),
    ).toBe("true,true,true,true,1,1");
  });

  test.each([
    "() => 1",
    "Symbol('x')",
    "({ a: [() => 1] })",
    "Promise.resolve()",
    "new WeakMap()",
    "new URL('https://a.example')",
    "new URLSearchParams()",
  ])("%s could not be cloned", (source) => {
    expect(
      realm.run(
        `try { structuredClone(${source}) } catch (e) { [e.name, e.code, e instanceof DOMException].join() }`,
      ),
    ).toBe("DataCloneError,25,true");
  });

  test("transfer is refused rather than ignored", () => {
    expect(
      realm.run(
        "const b = new ArrayBuffer(1); try { structuredClone(b, { transfer: [b] }) } catch (e) { e.name }",
      ),
    ).toBe("DataCloneError");
    expect(realm.run("structuredClone(1, { transfer: [] })")).toBe(1);
  });
});

describe("crypto", () => {
  test("getRandomValues fills the view and nothing beside it", () => {
    const shown = realm.run(`{
      const buffer = new ArrayBuffer(64);
      const view = new Uint16Array(buffer, 8, 16);
      const same = crypto.getRandomValues(view) === view;
      const all = new Uint8Array(buffer);
      [same, view.some((n) => n !== 0), all.slice(0, 8).every((n) => n === 0), all.slice(40).every((n) => n === 0)].join()
    }`);
    expect(shown).toBe("true,true,true,true");
  });

  test.each([
    ["new Float32Array(1)", "TypeMismatchError"],
    ["new DataView(new ArrayBuffer(1))", "TypeMismatchError"],
    ["[1]", "TypeMismatchError"],
    ["new Uint32Array(16385)", "QuotaExceededError"],
    ["new BigUint64Array(8192)", undefined],
  ])("getRandomValues(%s): %s", (source, name) => {
    expect(realm.run(`try { crypto.getRandomValues(${source}); undefined } catch (e) { e.name }`)).toBe(name);
  });

  test("randomUUID", () => {
    expect(guest.crypto.randomUUID()).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});

describe("console", () => {
  /** The lines that a script writes. */
  function logged(source: string): string[] {
    const from = realm.lines.length;
    realm.run(`{ ${source} }`);
    return realm.lines.slice(from).map(({ level, message }) => `${level}: ${message}`);
  }

  test("each method has its level and needs no `this`", () => {
    expect(
      logged(
        "const { log, info, debug, warn, error } = console; log(1); info(2); debug(3); warn(4); error(5)",
      ),
    ).toEqual(["info: 1", "info: 2", "debug: 3", "warn: 4", "error: 5"]);
    expect(logged("console.trace('here')")[0]).toMatch(/^debug: Trace: here\n.*at /s);
  });

  test("values are shown in one line", () => {
    expect(
      logged(`
        console.log("text", 1, -0, 10n, true, null, undefined, Symbol("s"));
        console.log([1, "a", [], , { b: [undefined] }], { "x-y": 1, z: {}, [Symbol("k")]: 2 });
        console.log(new Map([["a", { b: 1 }]]), new Set([1, "2"]), new Date(0), new Date(NaN), /a\\/b/gi);
        console.log(new Uint8Array([1, 2]), new ArrayBuffer(3), Object.create(null), new (class Point { x = 1 })(), class A {}, function f() {}, () => 1);
        console.log(new URL("https://a.example/?q"), new URLSearchParams("a=1&a=2"), Promise.resolve(1));
        console.log({ get secret() { throw new Error("ran") }, set other(v) {} });
        console.log();`),
    ).toEqual([
      "info: text 1 -0 10n true null undefined Symbol(s)",
      'info: [ 1, "a", [], <empty>, { b: [ undefined ] } ] { "x-y": 1, z: {}, [Symbol(k)]: 2 }',
      'info: Map(1) { "a" => { b: 1 } } Set(2) { 1, "2" } 1970-01-01T00:00:00.000Z Invalid Date /a\\/b/gi',
      "info: Uint8Array(2) [ 1, 2 ] ArrayBuffer { byteLength: 3 } [null prototype] {} Point { x: 1 } [class A] [Function: f] [Function (anonymous)]",
      'info: URL { href: "https://a.example/?q" } URLSearchParams(2) { "a" => "1", "a" => "2" } Promise {}',
      "info: { secret: [Getter], other: [Getter] }",
      "info: ",
    ]);
  });

  test("formats", () => {
    expect(
      logged(`
        console.log("%s is %d of %i, %f %o %O %j%c!", "a", "4.5", "7.9", "1.5x", { a: 1 }, [1], { b: 2 }, "css", "rest", 1);
        console.log("100%", 1); console.log("%s"); console.log("%%", 1); console.log("%s %s", 1); console.log("%x %s", 1);
        console.log("%d %i %f %d", {}, Symbol("x"), Symbol("x"), 5n); console.log("a%", 1);`),
    ).toEqual([
      "info: a is 4.5 of 7, 1.5 { a: 1 } [ 1 ] { b: 2 }! rest 1",
      "info: 100% 1",
      "info: %s",
      "info: % 1",
      "info: 1 %s",
      "info: %x 1",
      "info: NaN NaN NaN 5n",
      "info: a% 1",
    ]);
  });

  test("errors show stack, members and cause", () => {
    const [first = "", second = ""] = logged(`
      const error = new TypeError("no", { cause: new Error("why") });
      error.stack = "    at f (pipeline.js:1:2)\\n"; error.cause.stack = ""; error.code = "HARN-OAU-002";
      console.error(error);
      console.error({ error });`);
    expect(first).toBe(
      'error: TypeError: no\n    at f (pipeline.js:1:2) { [cause]: [Error: why], code: "HARN-OAU-002" }',
    );
    expect(second).toContain("TypeError: no\n    at f (pipeline.js:1:2)");
    expect(logged("console.error(new Error('top'))")[0]).toMatch(/^error: Error: top\n\s+at /);
  });

  test("circles, depth, long lists, hostile objects and huge lines are bounded", () => {
    const lines = logged(`
      const a = { n: 1 }; a.self = a; console.log(a);
      console.log({ a: { b: { c: { d: { e: 1 }, f: [1], g: [] } } } });
      console.log(new Array(150).fill(0));
      const wide = []; for (let i = 0; i < 90; i++) wide.push(new Array(90).fill({ x: [1] })); console.log(wide);
      console.log(new Proxy({}, { ownKeys() { throw 1 } }), new Proxy({}, { getPrototypeOf() { throw 1 } }));
      console.log({ toJSON() { throw 1 }, toString() { throw 2 }, [Symbol.toPrimitive]() { throw 3 } });
      console.log("x".repeat(100000));
      console.log(["y".repeat(100000)]);
      console.log(Object.assign(new Error("m"), { message: { toString() { throw 1 } } }));`);
    expect(lines[0]).toBe("info: { n: 1, self: [Circular] }");
    expect(lines[1]).toBe("info: { a: { b: { c: { d: [Object], f: [Array], g: [Array] } } } }");
    expect(lines[2]).toMatch(/^info: \[ (?:0, ){100}… 50 more \]$/);
    expect(lines[3]?.length).toBeLessThan(16_500);
    expect(lines[4]).toBe("info: [unreadable] [unreadable]");
    expect(lines[5]).toBe(
      "info: { toJSON: [Function: toJSON], toString: [Function: toString], [Symbol(Symbol.toPrimitive)]: [Function: [Symbol.toPrimitive]] }",
    );
    expect(lines[6]).toMatch(/^info: x{16384}… 83616 more characters$/);
    expect(lines[7]?.length).toBeLessThan(16_500);
    expect(lines[8]).toBe("info: [unreadable]");
  });

  test("the work for one line is bounded, however wide the value", () => {
    logged(`
      globalThis.visits = 0;
      const counted = new Proxy({}, { ownKeys() { visits += 1; return []; } });
      const wide = new Array(100).fill(new Array(100).fill(counted)); console.log(wide);`);
    expect(realm.run("visits")).toBeGreaterThan(1_000);
    expect(realm.run("visits")).toBeLessThanOrEqual(2_000);
  });
});

describe("timers", () => {
  test("fire after their sleep, with their arguments; cleared ones do not", async () => {
    const { run, sleeps, lines } = guestRealm();
    const ids = run(`
      const ids = [setTimeout((...args) => log(args.join()), 20, 1, 2), setTimeout(() => log("cleared"), 10), setTimeout(log, -5, "now")];
      clearTimeout(ids[1]); clearTimeout(); clearTimeout("x"); clearTimeout(999);
      ids.join()`);
    await turn();
    expect(ids).toBe("1,2,3");
    expect(sleeps.map(({ ms }) => ms)).toEqual([20, 10, 0]);
    for (const sleep of sleeps.toReversed()) await sleep.wake();
    expect(lines.map(({ message }) => message)).toEqual(["now", "1,2"]);
  });

  test.each([
    ["undefined", 0],
    ["'7'", 7],
    ["1.9", 1],
    ["NaN", 0],
    ["Infinity", 0],
    ["2147483647", 2147483647],
    ["2147483648", 0],
  ])("a delay of %s is %i ms", async (delay, ms) => {
    const { run, sleeps } = guestRealm();
    run(`setTimeout(() => {}, ${delay})`);
    await turn();
    expect(sleeps.map((sleep) => sleep.ms)).toEqual([ms]);
  });

  test("an interval repeats until it is cleared, also from inside", async () => {
    const { run, sleeps, lines } = guestRealm();
    run("let n = 0; const id = setInterval(() => { log(String(++n)); if (n === 3) clearInterval(id); }, 0)");
    await turn();
    expect(sleeps.map(({ ms }) => ms)).toEqual([1]);
    for (let i = 0; i < 5; i++) await sleeps[0]?.wake();
    expect(lines.map(({ message }) => message)).toEqual(["1", "2", "3"]);
    expect(sleeps).toHaveLength(0);
  });

  test("what a callback throws goes to the log, and an interval goes on", async () => {
    const { run, sleeps, lines } = guestRealm();
    run("setInterval(() => { throw new RangeError('oops') }, 1); queueMicrotask(() => { throw 'thrown' })");
    await turn();
    await sleeps[0]?.wake();
    await sleeps[0]?.wake();
    expect(lines.map(({ level, message }) => `${level}: ${message.split("\n")[0]}`)).toEqual([
      'error: Uncaught in queueMicrotask: "thrown"',
      "error: Uncaught in setInterval: RangeError: oops",
      "error: Uncaught in setInterval: RangeError: oops",
    ]);
  });

  test("a sleep that fails is reported once, not at all when the timer was cleared", async () => {
    const { run, sleeps, lines } = guestRealm();
    run("setTimeout(() => log('no'), 1); clearTimeout(setTimeout(() => log('no'), 2))");
    await turn();
    for (const sleep of [...sleeps]) await sleep.fail("HARN-RUN-007");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.message).toContain("Uncaught in setTimeout: Error: failed");
  });

  test("callbacks must be functions", () => {
    for (const source of ["setTimeout('log(1)')", "setInterval({})", "queueMicrotask(null)"]) {
      expect(realm.run(`try { ${source} } catch (e) { e.name }`)).toBe("TypeError");
    }
  });
});

test("the language's globals pass the door", async () => {
  const answers: unknown[] = [];
  const http = {
    http_request: async (...args: unknown[]) => args.length,
    http_get: async (...args: unknown[]) => args.length,
    http_post: async (...args: unknown[]) => args.length,
  };
  const { run, globals, lines, calls } = guestRealm({ "std/http": http });
  globals["answer"] = (value: unknown) => answers.push(value);
  run(`
    answer(env("NAME")); answer(env("MISSING"));
    log("text", { n: 1 }); log({ a: [1] });
    answer(json_stringify({ a: 1 }, 1)); answer(json_parse("[1]")[0]);
    http_request("PUT", "https://a.example/", { body: "x" }).then(answer);
    http_get("https://a.example/").then(answer);
    http_post("https://a.example/", "x").then(answer);`);
  await turn();
  expect(answers).toEqual(["value", null, '{\n "a": 1\n}', 1, 3, 1, 2]);
  expect(lines).toEqual([
    { level: "info", message: "text", fields: { n: 1 } },
    { level: "info", message: "{ a: [ 1 ] }" },
  ]);
  expect(calls.map(({ fn }) => fn)).toContain("std/http#http_request");
});

test("no file has a template literal, which the engine would turn into a call that a script can replace", () => {
  const folder = new URL("./", import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith(".js") && !file.includes(".test."));
  expect(files).toContain("door.js");
  for (const file of files) expect(readFileSync(new URL(file, folder), "utf8")).not.toContain("${");
});

describe("a script that overwrites what the globals are made of", () => {
  async function outcomeOf(before: string): Promise<unknown> {
    const { run, sleeps, lines } = guestRealm();
    const out = run(`(function () { ${setUp} ${before} ${use} return out; })()`) as unknown[];
    await turn();
    while (sleeps.length > 0) await sleeps[0]?.wake();
    return {
      out: Array.from({ length: out.length }, (_, i) => out[i]),
      lines: lines.map(({ message }) => message),
      spied: Array.from(
        { length: (run("spied") as unknown[]).length },
        (_, i) => (run("spied") as unknown[])[i],
      ),
    };
  }

  test("neither changes nor sees what they do", async () => {
    const clean = await outcomeOf("");
    expect(clean).toMatchObject({ out: { length: 10 }, spied: [] });
    expect(await outcomeOf(poison)).toEqual(clean);
  });
});
