import { format, inspect } from "node:util";
import { runInThisContext } from "node:vm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, definePlugin, plain, RunError, type Runtime } from "../index.ts";
import type { Redactor } from "../ports.ts";
import { poison, setUp, use } from "./guest/poison.test.fixture.ts";

const token = ["gh", "p_", "Z".repeat(36)].join("");
const marker = "<redacted:token:40>";

/** Knows the one token. */
const redactor: Redactor = {
  redact: (text) => text.replaceAll(token, marker),
  redactValue: (value) => JSON.parse(redactor.redact(JSON.stringify(value))) as unknown,
  maskKnown: (text) => text,
  register: () => () => {},
  holdsValues: false,
  fork: () => redactor,
  onAudit: () => () => {},
  release: () => {},
};

const probe = definePlugin({
  name: "probe",
  redactor,
  modules: () => ({
    "std/probe": {
      echo: async (value: unknown) => value,
      echo_plain: plain((value: unknown) => value),
      apply: async (fn: (value: unknown) => Promise<unknown>, value: unknown) => await fn(value),
      coded: plain(() => {
        throw new RunError("HARN-RUN-013", "std/probe: a coded error", { hint: "Do this." });
      }),
      thing: plain(() => ({ name: "thing", double: plain((n: number) => n * 2) })),
    },
  }),
});

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ plugins: [probe] });
});
afterAll(async () => {
  await runtime.close();
});

/** Runs the text of a function in the sandbox and in Node, and expects the same value. */
async function sameAsNode(text: string, args?: unknown): Promise<void> {
  const { result } = await runtime.run({ source: `export default ${text}`, filename: "a.js", args });
  const inNode = runInThisContext(`(${text})`) as (args: unknown) => unknown;
  expect(result).toEqual(await inNode(args));
}

async function logOf(source: string, args?: unknown): Promise<[level: string, message: string][]> {
  const { logs } = await runtime.run({ source, filename: "a.js", args });
  return logs.map(({ level, message }) => [level, message]);
}

/** UTF-16 text with lone surrogates and what URLs and forms care about. */
const texts = fc.sample(
  fc
    .array(
      fc.oneof(
        fc.constantFrom(..."&=+%?#;/ az09*-._~!'()\u00e9\u20ac\ufeff\u{1f600}\ud800\n\0".split("")),
        fc.constantFrom("%41", "%c3%a9", "%ff", "\u{1f600}"),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join("")),
  150,
);

describe("the globals in the sandbox do as Node's", () => {
  test("TextEncoder and TextDecoder", async () => {
    await sameAsNode(
      `(texts) => texts.map((text) => {
        const bytes = new TextEncoder().encode(text);
        const into = new Uint8Array(7);
        const { read, written } = new TextEncoder().encodeInto(text, into);
        return [bytes, new TextDecoder().decode(bytes), read, written, into];
      })`,
      texts,
    );
    await sameAsNode(`() => {
      const pieces = [[0xf0, 0x9f], [0x98], [0x80, 0xe2], [0x82, 0xac, 0xff, 0xed, 0xa0, 0x80], [0xc3]];
      const decoder = new TextDecoder();
      const out = pieces.map((piece) => decoder.decode(new Uint8Array(piece), { stream: true }));
      out.push(decoder.decode(), new TextDecoder("utf8", { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 65])));
      try { new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff])); } catch (e) { out.push(e.name); }
      return out;
    }`);
  });

  test("atob and btoa", async () => {
    await sameAsNode(
      `(texts) => texts.concat("aGk=", "aGk", " a G k = ", "a", "====").map((text) => [btoa, atob].map((convert) => {
        try { return convert(text); } catch (e) { return [e.name, e.code, e instanceof DOMException]; }
      }))`,
      texts,
    );
  });

  test("URL and URLSearchParams", async () => {
    await sameAsNode(
      `(texts) => texts.slice(0, 40).map((text) => {
        const url = new URL("../p?q=1&" + text, "https://user:pw@a.example:8443/x/y/z#old");
        url.searchParams.append(text, text);
        url.hash = text;
        const { href, origin, protocol, host, port, pathname, search, username } = url;
        return [href, origin, protocol, host, port, pathname, search, username, [...url.searchParams], url.searchParams.size];
      })`,
      texts,
    );
    await sameAsNode(`() => {
      const out = [];
      for (const text of ["nonsense", "http://", "http://a b/", "https://ex\\u00e4mple.test/\\u00e4", "data:x,y", "//x"]) {
        out.push(URL.canParse(text));
        try { out.push(new URL(text).href); } catch (e) { out.push([e.name, e.code]); }
      }
      const params = new URLSearchParams({ b: "2", a: "\\u00e9 &" });
      params.append("b", "3"); params.sort(); params.set("c", "x"); params.delete("b", "2");
      out.push(params.toString(), params.getAll("b"), params.has("c", "y"), JSON.stringify(new URL("http://a.example")));
      const url = new URL("http://a.example:80/?x=1");
      url.port = "99999"; url.protocol = "https"; url.search = "?y=2"; url.searchParams.set("z", "3");
      return [...out, url.href];
    }`);
  });

  test("structuredClone", async () => {
    await sameAsNode(`() => {
      const from = {
        date: new Date(0), map: new Map([[{ k: 1 }, new Set([1, "a"])]]), re: /a\\/b/gi, big: 10n, list: [1, , undefined],
        bytes: new Uint16Array([1, 65535]), error: Object.assign(new RangeError("m", { cause: "c" }), { extra: 1 }),
      };
      from.self = from;
      from.view = new DataView(from.bytes.buffer, 2);
      const copy = structuredClone(from);
      const [[key, set]] = copy.map;
      const out = [
        copy.self === copy, copy.date.toISOString(), key, [...set], String(copy.re), String(copy.big), 1 in copy.list,
        copy.list.length, copy.bytes.join(), copy.view.buffer === copy.bytes.buffer, copy.view.getUint16(0, true),
        copy.error.name, copy.error.message, copy.error.cause, copy.error.extra, copy.error instanceof RangeError,
      ];
      for (const no of [() => {}, Symbol(), new WeakMap(), { deep: [() => {}] }]) {
        try { structuredClone(no); } catch (e) { out.push([e.name, e.code]); }
      }
      return out;
    }`);
  });

  test("timers and microtasks", async () => {
    await sameAsNode(`async () => {
      const out = [];
      queueMicrotask(() => out.push("microtask"));
      const cleared = setTimeout(() => out.push("cleared"), 1);
      clearTimeout(cleared);
      const never = setInterval(() => out.push("never"), 1);
      clearInterval(never);
      await new Promise((done) => {
        let n = 0;
        const id = setInterval((label) => {
          out.push(label + n);
          if (++n === 3) { clearInterval(id); done(); }
        }, 1, "tick ");
      });
      await new Promise((done) => setTimeout((a, b) => { out.push(a, b); done(); }, 2, "one", "two"));
      clearTimeout(undefined); clearTimeout(987654); clearInterval(null);
      for (const wrong of [undefined, "code", {}]) {
        for (const start of [setTimeout, setInterval, queueMicrotask]) {
          try { start(wrong, 0); } catch (e) { out.push(e.name); }
        }
      }
      return out;
    }`);
  });

  test("crypto.getRandomValues", async () => {
    await sameAsNode(`() => {
      const around = new Uint8Array(64);
      const inner = around.subarray(16, 48);
      const same = crypto.getRandomValues(inner) === inner;
      const out = [same, inner.some((byte) => byte !== 0), around.slice(0, 16), around.slice(48)];
      out.push(crypto.getRandomValues(new BigInt64Array(2)).length, crypto.randomUUID().length);
      for (const wrong of [new Float32Array(1), new Uint8Array(65537)]) {
        try { crypto.getRandomValues(wrong); } catch (e) { out.push([e.name, e.code]); }
      }
      return out;
    }`);
  });
});

describe("console", () => {
  test("each method is a line of the run's log, with its level", async () => {
    const source =
      "for (const m of ['log', 'info', 'debug', 'warn', 'error']) console[m]('to', m); log('bare');";
    expect(await logOf(source)).toEqual([
      ["info", "to log"],
      ["info", "to info"],
      ["debug", "to debug"],
      ["warn", "to warn"],
      ["error", "to error"],
      ["info", "bare"],
    ]);
    const [trace] = await logOf("function here() { console.trace('t'); }\nhere();");
    expect(trace?.[0]).toBe("debug");
    expect(trace?.[1]).toMatch(/^Trace: t\n.*here.*a\.js:1/s);
  });

  test("formats as Node's", async () => {
    const calls: unknown[][] = [
      ["%s is %d%% of %i, %f", "half", 50, "99.9", "1.5x"],
      ["%s", 1, "rest", 2, null, undefined, true],
      ["%O and %%", { a: 1, b: [1, 2], c: { d: null } }],
      ["100%", 5],
      ["%d %i", "x", {}],
      ["a%", "%s"],
      [[], {}, [[]], -0, "text"],
    ];
    const source = "export default (calls) => { for (const args of calls) console.log(...args); };";
    // A negative zero does not cross as an argument.
    const lines = calls.map((args) =>
      format(...(args.map((one) => (Object.is(one, -0) ? 0 : one)) as [unknown])),
    );
    expect((await logOf(source, calls)).map(([, message]) => message)).toEqual(lines);
  });

  test("cycles are named, and what runs over is cut", async () => {
    const cyclic: Record<string, unknown> = { a: 1, list: [] };
    cyclic["self"] = cyclic;
    (cyclic["list"] as unknown[]).push(cyclic);
    const expected = inspect(cyclic).replace("<ref *1> ", "").replaceAll("[Circular *1]", "[Circular]");
    const lines = await logOf(`const c = { a: 1, list: [] }; c.self = c; c.list.push(c); console.log(c);
      console.log("x".repeat(20000)); console.log(new Map([[c, 1]]), { get boom() { throw 1; } });`);
    expect(lines[0]?.[1]).toBe(expected);
    expect(lines[1]?.[1]).toMatch(/^x+… 3616 more characters$/);
    expect(lines[2]?.[1]).toContain("[Getter]");
  });

  test("what a timer throws is a line, and the run goes on", async () => {
    const lines = await logOf(`setTimeout(() => { throw new TypeError("late"); }, 0);
      await new Promise((done) => setTimeout(done, 20)); console.log("end");`);
    expect(lines[0]?.[1]).toMatch(/^Uncaught in setTimeout: TypeError: late/);
    expect(lines.at(-1)).toEqual(["info", "end"]);
  });

  test("lines and fields are redacted, however the token got in", async () => {
    const source = `export default async (token) => {
      console.log(token); console.error(new Error("failed with " + token)); console.warn("%s-%o", token, { deep: [token] });
      console.debug(new Map([[token, new URL("https://a.example/?t=" + token)]])); log("fields", { token });
      queueMicrotask(() => { throw new Error(token); });
      await null;
    }`;
    const { logs } = await runtime.run({ source, filename: "a.js", args: token });
    expect(logs).toHaveLength(6);
    for (const line of logs) {
      expect(JSON.stringify(line)).toContain(marker);
      expect(JSON.stringify(line)).not.toContain(token);
    }
  });
});

describe("a script that overwrites all built-ins", () => {
  /** Uses the globals and the door; the promise of the end is made before the built-ins are gone. */
  const script = (before: string): string => `
    import { echo, echo_plain, apply, coded, thing } from "std/probe";
    export default () => {
      ${setUp}
      let end;
      const over = new Promise((resolve) => { end = resolve; });
      const { defineProperty, hasOwn } = Object, PromiseClass = Promise;
      // What waits for a promise asks its constructor: these keep the script's own waiting out of the traps.
      const made = (promise, by) => defineProperty(promise, "constructor", { __proto__: null, value: by });
      const own = (promise) => made(promise, PromiseClass), bare = (promise) => made(promise, undefined);
      const { call } = () => {}, thenOf = call.bind(Promise.prototype.then);
      own(over);
      ${before}
      ${use}
      const give = { text: "\\u00e9\\ud800", list: [1, [2], "three"], bytes: new TextEncoder().encode("h\\u00e9"), date, $: 1, none: undefined, not: 0 / 0 };
      const note = (back) => {
        const { text, list, bytes, $, not } = back;
        out[out.length] = text; out[out.length] = list[1][0] + list[2]; out[out.length] = bytes[1]; out[out.length] = $;
        out[out.length] = back.date; out[out.length] = not; out[out.length] = "none" in back;
      };
      note(echo_plain(give));
      out[out.length] = thing().double(21);
      try { coded(); } catch (e) { out[out.length] = e.code + e.message + e.hint + hasOwn(e, "details"); }
      try { echo_plain(map); } catch (e) { out[out.length] = e.message; }
      thenOf(bare(echo(give)), (back) => {
        note(back);
        thenOf(bare(apply((x) => own(apply((z) => z + 1, x)), 5)), (six) => {
          out[out.length] = six;
          setTimeout(() => end({ __proto__: null, out, spied }), 20);
        });
      });
      return over;
    };`;
  const outcome = async (before: string): Promise<unknown> => {
    const { result, logs } = await runtime.run({ source: script(before), filename: "a.js" });
    return { result, lines: logs.map(({ level, message }) => [level, message]) };
  };

  test("changes and sees nothing of what the globals and the door do", async () => {
    const clean = await outcome("");
    expect(clean).toMatchObject({ result: { spied: [], out: { length: 28 } } });
    expect(await outcome(poison)).toEqual(clean);
  });

  test("gets its own error out, and its default function's result", async () => {
    const failing = `const mine = new Error("mine"), boom = "boom";\n${poison}\nthrow mine;`;
    const source = `const spied = Object.setPrototypeOf([], null);\n${failing}`;
    await expect(runtime.run({ source, filename: "a.js" })).rejects.toMatchObject({ message: "mine" });
    const fine = `export default () => { const spied = Object.setPrototypeOf([], null);\n${poison}\nreturn { a: [1] }; }`;
    expect((await runtime.run({ source: fine, filename: "a.js" })).result).toEqual({ a: [1] });
  });
});
