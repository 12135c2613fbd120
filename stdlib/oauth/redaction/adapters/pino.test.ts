import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type Logger, type LoggerOptions, multistream, pino, transport } from "pino";
import { describe, expect, test } from "vitest";
import { createRedactor } from "../engine.ts";
import { pinoRedaction } from "./pino.ts";
import { isGone, jsonOf, knownValue, planted, plantedRedactor } from "./planted.test.support.ts";

const token = ["gh", "p_", "aB3".repeat(12)].join("");
const shown = `<redacted:github_token:${token.length}>`;

/** A logger with redaction, one without, and what each has written. */
function loggers(options: LoggerOptions = {}, redactor = plantedRedactor()) {
  const fixed: LoggerOptions = { base: { pid: 7 }, timestamp: () => `,"time":1700000000000`, ...options };
  const lines: string[] = [];
  const raw: string[] = [];
  return {
    log: pino(pinoRedaction(redactor, fixed), { write: (line: string) => void lines.push(line) }),
    plain: pino(fixed, { write: (line: string) => void raw.push(line) }),
    lines,
    raw,
  };
}

/** Logs what the types of pino would not let through. */
function write(logger: Logger, ...parts: readonly unknown[]): void {
  Reflect.apply(logger.info, logger, parts);
}

/** The value with every text replaced, so that what is left is its shape. */
function shape(value: unknown): unknown {
  if (typeof value === "string") return "text";
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(shape);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shape(item)]));
}

test("every way into a line is redacted", () => {
  const { log, lines } = loggers({
    msgPrefix: `[${token}] `,
    mixin: () => ({ mixed: token }),
    formatters: { log: (object) => ({ ...object, formatted: token }) },
    serializers: { req: (url: unknown) => ({ url }) },
  });
  const error = new Error(`failed with ${token}`, { cause: new Error(`because of ${token}`) });
  log.info({ user: "ada", token: "opaque", headers: { authorization: "Basic b3BhcXVl" } }, "hello");
  log
    .child({ session: token, password: ["opaque"] })
    .warn({ req: `/x?access_token=opaque` }, `it is ${token}`);
  log.error(error);
  log.error({ err: error }, "with %s and %j and %o", token, { a: token }, { b: [token] });
  log.child({}, { msgPrefix: token }).info(token);
  log.info({ query: "access_token=opaque" });
  expect(lines).toHaveLength(6);
  for (const line of lines) {
    expect(line.endsWith("}\n")).toBe(true);
    expect(JSON.parse(line)).toMatchObject({ pid: 7, mixed: shown, formatted: shown });
    expect(line).not.toMatch(/opaque|b3BhcXVl/);
    expect(isGone(token, line)).toBe(true);
  }
  expect(JSON.parse(lines[2] ?? "")).toMatchObject({
    err: { type: "Error", message: expect.stringContaining(shown), stack: expect.stringMatching(/ at /) },
  });
});

test("secrets anywhere in a call never come out, and lines keep their shape", () => {
  const call = fc.array(planted, { minLength: 1, maxLength: 3 }).chain((secrets) => {
    const text = fc.oneof(fc.constantFrom(...secrets.map((one) => one.text)), fc.string({ maxLength: 12 }));
    return fc.record({
      secrets: fc.constant(secrets),
      object: fc.dictionary(fc.constantFrom("a", "note", "msg", "err", "x y"), jsonOf(text), { maxKeys: 4 }),
      bindings: fc.dictionary(fc.constantFrom("a", "service", "note"), jsonOf(text), { maxKeys: 2 }),
      message: text,
      rest: fc.array(jsonOf(text), { maxLength: 3 }),
      error: fc.boolean(),
    });
  });
  fc.assert(
    fc.property(call, ({ secrets, object, bindings, message, rest, error }) => {
      const { log, plain, lines, raw } = loggers();
      const note = secrets.map(({ text }) => text).join(" ");
      const thrown = new Error(note, { cause: new Error(note) });
      for (const logger of [log, plain] as Logger[]) {
        const child = logger.child({ ...bindings, bound: note });
        write(
          child,
          { ...object, planted: { list: [note] } },
          `${message} %s %o ${note}`,
          note,
          { note },
          ...rest,
        );
        write(child, `${note} %s`, ...rest);
        if (error) child.error(thrown);
      }
      expect(lines.map((line) => shape(JSON.parse(line)))).toEqual(
        raw.map((line) => shape(JSON.parse(line))),
      );
      const everything = lines.join("");
      expect(secrets.filter(({ secret }) => !isGone(secret, everything))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

test("a line with nothing to hide is passed on byte for byte", () => {
  const clean = fc.string({
    unit: fc.constantFrom(...'abc 0129.,:{}[]"\\/\n\téß中\ud83d'.split("")),
    maxLength: 20,
  });
  fc.assert(
    fc.property(jsonOf(clean), clean, fc.bigInt(), (value, message, id) => {
      const { log, plain, lines, raw } = loggers();
      for (const logger of [log, plain] as Logger[]) logger.info({ value, id, big: { id } }, message);
      expect(lines).toEqual(raw);
    }),
    { numRuns: 300 },
  );
});

test("a member that another of the same name stands behind is not forgotten", () => {
  const { log, plain, lines, raw } = loggers();
  for (const logger of [log, plain] as Logger[]) logger.child({ note: token }).info({ note: "clean" });
  expect(raw[0]).toContain(token);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ note: "clean" });
  expect(isGone(token, lines[0] ?? "")).toBe(true);
});

test("names are redacted as well", () => {
  const { log, lines } = loggers();
  log.info({ [token]: 1, nested: { [`x ${knownValue}`]: true } }, "names");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    [shown]: 1,
    nested: { [`x <redacted:access_token:${knownValue.length}>`]: true },
  });
});

test("a pattern that fits numbers and JSON's own signs leaves JSON", () => {
  const redactor = createRedactor({ patterns: [{ name: "card", regex: "[0-9]{13}" }] });
  const { log, lines } = loggers({}, redactor);
  log.info({ at: 1234567890123 }, "card 1234567890123");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    time: 1700000000000,
    at: 1234567890123,
    msg: "card <redacted:card:13>",
  });
});

describe("options", () => {
  test("are kept, and an own streamWrite runs before redaction", () => {
    const given = {
      level: "debug",
      crlf: true,
      hooks: { streamWrite: (line: string) => line.replace("SECRET", token) },
    };
    const options = pinoRedaction(createRedactor(), given);
    expect(options).toMatchObject({ level: "debug", crlf: true });
    const lines: string[] = [];
    pino(options, { write: (line: string) => void lines.push(line) }).debug("SECRET");
    expect(lines[0]).toMatch(/"msg":"<redacted:github_token:40>"}\r\n$/);
  });

  test("an own logMethod is called as pino calls it", () => {
    const lines: string[] = [];
    const log = pino(
      pinoRedaction(createRedactor(), {
        hooks: {
          logMethod(args, method, level) {
            Reflect.apply(method, this, [{ level, own: this.bindings() }, ...args]);
          },
        },
      }),
      { write: (line: string) => void lines.push(line) },
    );
    log.child({ a: 1 }).warn(token);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: 40, own: { a: 1 }, msg: shown });
  });

  test.each(["6.14.0", "8.21.0", "9.5.9", "", undefined])("pino %s writes nothing at all", (version) => {
    const { hooks } = pinoRedaction(createRedactor());
    const written: unknown[] = [];
    const method = (...args: unknown[]): void => void written.push(args);
    const log = (): void => hooks.logMethod.call({ version }, [token], method, 30);
    for (const again of [log, log]) expect(again).toThrow(expect.objectContaining({ code: "HARN-OAU-011" }));
    expect(written).toEqual([]);
  });

  test.each(["9.6.0", "9.14.0", "10.4.0", "11.0.0"])("pino %s writes", (version) => {
    const { hooks } = pinoRedaction(createRedactor());
    const written: unknown[] = [];
    hooks.logMethod.call({ version }, ["a", 1], (...args: unknown[]) => void written.push(...args), 30);
    expect(written).toEqual(["a", 1]);
  });

  test("a line that is no JSON is redacted as text", () => {
    const lines: string[] = [];
    const options = pinoRedaction(createRedactor(), {
      hooks: {
        streamWrite: (line: string) => `INFO ${String((JSON.parse(line) as { msg: unknown }).msg)}\n`,
      },
    });
    pino(options, { write: (line: string) => void lines.push(line) }).info(`with ${token}`);
    expect(lines).toEqual([`INFO with ${shown}\n`]);
  });
});

describe("destinations", () => {
  test("every stream of a multistream gets the redacted line", () => {
    const all: string[] = [];
    const errors: string[] = [];
    const streams = multistream([
      { level: "info", stream: { write: (line: string) => void all.push(line) } },
      { level: "error", stream: { write: (line: string) => void errors.push(line) } },
    ]);
    const log = pino(pinoRedaction(createRedactor()), streams);
    log.info(token);
    log.error(token);
    expect([all.length, errors.length]).toEqual([2, 1]);
    for (const line of [...all, ...errors]) expect(JSON.parse(line)).toMatchObject({ msg: shown });
  });

  test("a transport in a thread gets the redacted line", async () => {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-pino-"));
    const destination = join(folder, "log");
    const stream = transport({ target: "pino/file", options: { destination } });
    const log = pino(pinoRedaction(createRedactor()), stream);
    log.info({ token: "opaque" }, `in a thread: ${token}`);
    await new Promise<void>((resolve) => {
      stream.on("close", resolve);
      stream.end();
    });
    expect(JSON.parse(readFileSync(destination, "utf8"))).toMatchObject({
      token: "<redacted:token:6>",
      msg: `in a thread: ${shown}`,
    });
    rmSync(folder, { recursive: true });
  });
});

describe("a redactor that fails", () => {
  /** Works until it is told to fail. */
  const failing = (how: () => unknown) => {
    const inner = createRedactor();
    let broken = false;
    return {
      break: () => {
        broken = true;
      },
      redact: (text: string) => (broken ? (how() as string) : inner.redact(text)),
      redactValue: (value: unknown) => (broken ? how() : inner.redactValue(value)),
    };
  };

  test.each([
    [
      "throws",
      () => {
        throw new Error(token);
      },
    ],
    ["answers no object", () => "nothing"],
    ["answers null", () => null],
    ["answers what JSON cannot hold", () => ({ level: 1n })],
  ])("and %s shows level and time only, and stops nobody", (_, how) => {
    const redactor = failing(how);
    const lines: string[] = [];
    const log = pino(pinoRedaction(redactor), { write: (line: string) => void lines.push(line) });
    redactor.break();
    log.warn({ token }, token);
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: 40,
      time: expect.any(Number),
      msg: expect.stringMatching(/^<redacted:unscannable:\d+>$/),
    });
  });

  test("shows nothing of a line that is no JSON", () => {
    const redactor = failing(() => {
      throw new Error(token);
    });
    const { hooks } = pinoRedaction(redactor);
    redactor.break();
    expect(hooks.streamWrite(`INFO ${token}\n`)).toBe("<redacted:unscannable:46>");
  });

  test("from the beginning is refused", () => {
    const open = { redact: (text: string) => text, redactValue: (value: unknown) => value };
    expect(() => pinoRedaction(open)).toThrow(expect.objectContaining({ code: "HARN-OAU-011" }));
  });
});
