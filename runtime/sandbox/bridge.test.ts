import { describe, expect, test } from "vitest";
import { RunError } from "../host/run-error.ts";
import { plain, type StdFunction } from "../plugin.ts";
import { createBridge } from "./bridge.ts";

interface Answer {
  readonly k: string;
  readonly id: number;
  readonly v?: unknown;
  readonly e?: { readonly name: string; readonly code?: string };
}

function bridgeOver(
  functions: Readonly<Record<string, StdFunction>>,
  more: {
    mask?: (text: string) => string;
    onAnswered?: (length: number) => void;
    onInternalError?: () => void;
  } = {},
) {
  const texts: string[] = [];
  const bridge = createBridge({
    modules: () => new Map([["std/t", functions]]),
    callbackTimeout: 1_000,
    maxResult: 1_000,
    mask: more.mask ?? ((text) => text),
    deliver: (text) => void texts.push(text),
    onAnswered: more.onAnswered ?? (() => {}),
    onInternalError: more.onInternalError ?? (() => {}),
  });
  const delivered = (): Answer[] => texts.flatMap((text) => JSON.parse(text) as Answer[]);
  const call = (id: number, name: string, ...args: unknown[]): void => {
    bridge.receive(JSON.stringify({ k: "call", id, fn: `std/t#${name}`, inside: 0, args }));
  };
  return { bridge, delivered, call };
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe("what a script that steers JSON.stringify can send", () => {
  const forged: readonly string[] = [
    "",
    "null",
    "7",
    "[]",
    '{"k":"nothing we know"}',
    '{"k":"call","id":1,"fn":{"toString":1},"inside":0,"args":[]}',
    '{"k":"call","id":1,"fn":"std/t#f","inside":0,"args":{"length":200000000}}',
    '{"k":"call","id":"1","fn":"std/t#f","inside":0,"args":[]}',
    '{"k":"answer","id":1,"v":{"$":"nothing we know"}}',
    '{"k":"answer","id":1,"e":null}',
    '{"k":"result","v":{"$":"host","id":77},"left":[]}',
    '{"k":"result","v":1,"left":5}',
    '{"k":"result","v":1,"left":[null]}',
    '{"k":"failed","e":null}',
    '{"k":"failed","e":{"name":{},"message":[]}}',
    '{"k":"plain","fn":"std/t#f","inside":0,"args":[]}',
  ];
  test.each(forged)("%s", (text) => {
    const { bridge } = bridgeOver({ f: async () => 1 });
    expect(() => bridge.receive(text)).toThrow(RunError);
    bridge.end();
  });

  test.each(forged.slice(0, -1))("as a plain call: %s", (text) => {
    const { bridge } = bridgeOver({ f: plain(() => 1) });
    expect(JSON.parse(bridge.plain(text))).toMatchObject({ e: { code: "HARN-RUN-015" } });
  });
});

test("a failure to report a failure stays inside", async () => {
  const { call, delivered, bridge } = bridgeOver(
    {
      f: async () => {
        throw Object.create(null);
      },
      g: plain(() => {
        throw new Error("x");
      }),
    },
    {
      onInternalError: () => {
        throw new Error("the event log is broken");
      },
    },
  );
  call(1, "f");
  await soon();
  expect(delivered()).toMatchObject([{ k: "err", id: 1, e: { name: "InternalError" } }]);
  expect(JSON.parse(bridge.plain('{"k":"plain","fn":"std/t#g","inside":0,"args":[]}'))).toMatchObject({
    e: { name: "InternalError" },
  });
});

describe("masking", () => {
  const known = [
    '[{"k":"ok","id":',
    '"v":{"hello"',
    '"k":"ok"',
    "retryable",
    "close_it",
    "HARN-RUN-010",
    "tok-12345",
  ];
  const mask = (text: string): string =>
    known.reduce((out, value) => out.replaceAll(value, "<masked>"), text);
  const functions = {
    data: async () => ({ hello: "a tok-12345 b", "tok-12345": [new TextEncoder().encode("tok-12345!")] }),
    handle: async () => ({ name: "tok-12345", close_it: async () => {} }),
    refuse: async () => {
      throw new RunError("HARN-RUN-010", "no tok-12345", { hint: "tok-12345" });
    },
  };

  test("known values are masked, whatever they are, and the encoding stays whole", async () => {
    const { call, delivered } = bridgeOver(functions, { mask });
    call(1, "data");
    call(2, "handle");
    call(3, "refuse");
    await soon();
    const bytes = Buffer.from("<masked>!").toString("base64url");
    expect(delivered()).toEqual([
      { k: "ok", id: 1, v: { hello: "a <masked> b", "<masked>": [{ $: "bytes", v: bytes }] } },
      {
        k: "ok",
        id: 2,
        v: { $: "host", id: 1, data: { name: "<masked>" }, methods: { close_it: false } },
      },
      {
        k: "err",
        id: 3,
        e: {
          name: "RunError",
          code: "HARN-RUN-010",
          message: "no <masked>",
          hint: "<masked>",
          retryable: false,
        },
      },
    ]);
  });
});

test("answers that nobody takes are refused before they fill the host's memory", async () => {
  const large = "x".repeat(30 * 1024 * 1024);
  const { call, delivered, bridge } = bridgeOver({ large: async () => large, small: async () => 1 });
  for (let id = 1; id <= 6; id++) call(id, "large");
  await expect.poll(() => delivered().length, { timeout: 20_000 }).toBe(6);
  const codes = delivered().map(({ id, e }) => [id, e?.code]);
  expect(codes.filter(([, code]) => code === undefined)).toHaveLength(4);
  expect(codes.filter(([, code]) => code === "HARN-RUN-007")).toHaveLength(2);
  bridge.taken(large.length * 4);
  call(7, "large");
  await expect.poll(() => delivered().at(-1), { timeout: 20_000 }).toMatchObject({ k: "ok", id: 7 });
});

test("many slow calls leave turns of the event loop to others", async () => {
  let done = 0;
  const spin = async (): Promise<void> => {
    await Promise.resolve();
    const until = performance.now() + 3;
    while (performance.now() < until);
    done += 1;
  };
  const { call, delivered } = bridgeOver({ spin });
  for (let id = 1; id <= 60; id++) {
    call(id, "spin");
    await Promise.resolve();
    await Promise.resolve();
  }
  let turns = 0;
  while (done < 60) {
    await new Promise((resolve) => setImmediate(resolve));
    turns += 1;
  }
  await soon();
  expect(turns).toBeGreaterThan(3);
  expect(delivered().filter(({ k }) => k === "ok")).toHaveLength(60);
});

test("what waits is dropped with the run", async () => {
  let entered = 0;
  const spin = async (): Promise<void> => {
    entered += 1;
    const until = performance.now() + 20;
    while (performance.now() < until);
  };
  const { call, bridge, delivered } = bridgeOver({ spin });
  for (let id = 1; id <= 10; id++) call(id, "spin");
  bridge.end();
  await soon();
  expect(entered).toBeLessThan(10);
  expect(delivered()).toEqual([]);
});

test("a plain call of over 1 MiB is refused before it enters; others may have 8 MiB", async () => {
  const entered: number[] = [];
  const take = (text: string): number => entered.push(text.length);
  const { bridge, call, delivered } = bridgeOver({
    take: async (text: string) => take(text),
    plainTake: plain(take),
  });
  const message = (length: number): string => {
    const empty = JSON.stringify({ k: "plain", fn: "std/t#plainTake", inside: 0, args: [""] });
    return empty.replace('""', JSON.stringify("x".repeat(length - empty.length)));
  };
  const most = 1024 * 1024;
  expect(JSON.parse(bridge.plain(message(most + 1)))).toEqual({
    e: {
      name: "RunError",
      code: "HARN-RUN-015",
      message: "the arguments of one call that answers at once are over 1 MiB",
      retryable: false,
      hint: "Give the data in parts.",
    },
  });
  expect(entered).toEqual([]);
  expect(JSON.parse(bridge.plain(message(most)))).toEqual({ v: 1 });
  call(1, "take", "x".repeat(2 * most));
  await soon();
  expect(delivered()).toMatchObject([{ k: "ok", v: 2 }]);
  bridge.end();
});

test("an answer over 8 MiB is no message; a result has its own limit, and far over it is not read", () => {
  const { bridge } = bridgeOver({});
  const long = "x".repeat(8 * 1024 * 1024);
  const result = (v: string): string => JSON.stringify({ k: "result", v, left: [] });
  expect(() => bridge.receive(JSON.stringify({ k: "answer", id: 1, v: long }))).toThrow(
    expect.objectContaining({ code: "HARN-RUN-015" }),
  );
  expect(bridge.receive(result(long.slice(100)))).toMatchObject({ bytes: long.length - 98 });
  expect(bridge.receive(result(long + long))).toMatchObject({ value: null, bytes: 2 * long.length + 31 });
  bridge.end();
});

test("each call says once how long it was, when it was answered", async () => {
  const lengths: number[] = [];
  const functions = { good: async () => 1, bad: async () => await Promise.reject(new Error("x")) };
  const { bridge, call } = bridgeOver(functions, { onAnswered: (length) => void lengths.push(length) });
  call(1, "good", "x".repeat(1_000));
  call(2, "bad", "x".repeat(2_000));
  await soon();
  expect(lengths.map((length) => Math.round(length / 1_000))).toEqual([1, 2]);
  bridge.end();
});
