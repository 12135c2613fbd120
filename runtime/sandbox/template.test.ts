import { afterEach, beforeEach, expect, test } from "vitest";
import { createEngine, type Engine, type EngineImage, type EngineOptions } from "./engine.ts";
import { engineCode } from "./engine-code.ts";
import { guestSources } from "./guest-sources.ts";
import { initialMemory } from "./messages.ts";
import { createTemplate } from "./template.ts";

const KiB = 1_024;
const MiB = 1_024 * KiB;

const prelude = `
  import { deliver, fail, watch, stopped, harden } from "holdfast:guest/door.js";
  import { installGlobals } from "holdfast:guest/globals.js";
  installGlobals(); harden();
  export { deliver, fail, watch, stopped };
`;

/** What the guest said last, and whether it is to be interrupted. */
let said = "";
let stop = false;
let asked: () => string | undefined = () => undefined;

/** The memories that engines were made with, oldest first. */
let memories: WebAssembly.Memory[] = [];
const { Memory } = WebAssembly;
beforeEach(() => {
  memories = [];
  said = "";
  stop = false;
  asked = () => undefined;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
});
afterEach(() => {
  WebAssembly.Memory = Memory;
});

const guest = guestSources();
const options: EngineOptions = {
  code: engineCode(),
  memory: 32 * MiB,
  stack: 192 * KiB,
  door(text) {
    said = text;
    return asked();
  },
  source: (name) => guest.get(name) ?? null,
  resolve: (_base, specifier) =>
    specifier.startsWith("./") ? `holdfast:guest/${specifier.slice(2)}` : specifier,
  interrupted: () => stop,
};

/** Runs a module whose `result` is reported, and answers it. */
function result(engine: Engine, source: string): unknown {
  said = "";
  engine.runModule(`import { finish } from "holdfast:guest/door.js"; ${source}`, "holdfast:main");
  return said === "" ? undefined : (JSON.parse(said) as { readonly v?: unknown }).v;
}

/** Every name that can be reached from the global object by two steps. */
const everything = `
  const names = (value) => value === null || (typeof value !== "object" && typeof value !== "function") ? []
    : Reflect.ownKeys(value).map(String);
  finish({ result: names(globalThis).map((name) => [name, names(globalThis[name]), names(globalThis[name]?.prototype)]) });
`;

const look = "finish({ result: [typeof left, typeof {}.left, Object.keys(globalThis).length] });";
const fresh = ["undefined", "undefined", 0];
const leave = "globalThis.left = Object.prototype.left = 1;";

/** How often the marker stands in a memory. It is put together here, so that no source text is found. */
function found(memory: WebAssembly.Memory | undefined): number {
  const bytes = Buffer.from((memory as WebAssembly.Memory).buffer);
  const marker = ["marker", "of", "tenant", "a"].join("-");
  let count = 0;
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 1)) count += 1;
  return count;
}

const mark = `
  globalThis.kept = [];
  for (let i = 0; i < 2_000; i++) kept.push(["marker", "of", "tenant", "a", i].join("-"));
  globalThis.large = new Uint8Array(3_000_000);
  const text = kept[0].slice(0, 18);
  for (let i = 0; i < 3_000_000; i += 50_000) for (let j = 0; j < 18; j++) large[i + j] = text.charCodeAt(j);
`;

test("one engine serves runs one after the other, and each finds it fresh", async () => {
  const template = await createTemplate(options, prelude, false);
  const first = template.take("a");
  for (let i = 0; i < 5; i += 1) {
    const engine = template.take("a");
    expect(engine).toBe(first);
    expect(result(engine, look)).toEqual(fresh);
    expect(result(engine, `${leave} ${look}`)).not.toEqual(fresh);
    expect(template.renew()).toBeNull();
  }
  expect(memories).toHaveLength(1);
});

test("when the tenant changes, nothing of the last one is anywhere in the memory", async () => {
  const template = await createTemplate(options, prelude, false);
  result(template.take("a"), mark);
  expect(template.renew()).toBeNull();
  expect(found(memories[0])).toBeGreaterThan(1_000);
  template.take("a");
  // The same tenant's bytes may lie in unused memory. This is what wiping is for.
  expect(found(memories[0])).toBeGreaterThan(0);
  template.take("b");
  expect(found(memories[0])).toBe(0);
  expect(memories).toHaveLength(1);
});

test("random numbers go on from the host's seed, which is asked for once in a run", async () => {
  const template = await createTemplate(options, prelude, false);
  let seeds = 0;
  const numbers = (): unknown => {
    const engine = template.take("a");
    seeds = 0;
    asked = () => {
      if (!said.includes('"seed"')) return undefined;
      seeds += 1;
      return JSON.stringify([...crypto.getRandomValues(new Uint32Array(4))]);
    };
    const drawn = result(engine, "finish({ result: [Math.random(), Math.random()] });");
    expect(seeds).toBe(1);
    return drawn;
  };
  const [one, two] = [numbers(), numbers()] as number[][];
  expect(new Set([...(one as number[]), ...(two as number[])]).size).toBe(4);
});

test.each([
  [
    "was interrupted",
    (engine: Engine) => {
      stop = true;
      result(engine, "for (;;) {}");
      stop = false;
    },
  ],
  [
    "has grown",
    (engine: Engine) => {
      result(engine, "globalThis.left = new Uint8Array(20_000_000).fill(1);");
      expect(engine.memoryBytes()).toBeGreaterThan(initialMemory);
    },
  ],
  [
    "is out of memory",
    (engine: Engine) => {
      result(engine, "const a = []; try { for (;;) a.push(new Uint8Array(1_000_000)); } catch {}");
    },
  ],
  [
    "threw at the host",
    (engine: Engine) => {
      asked = () => {
        throw new RangeError("Maximum call stack size exceeded");
      };
      expect(() => result(engine, look)).toThrow(RangeError);
      asked = () => undefined;
    },
  ],
])("an engine that %s is dropped, and the next is fresh", async (_name, damage) => {
  const template = await createTemplate(options, prelude, false);
  const engine = template.take("a");
  result(engine, leave);
  damage(engine);
  expect(engine.isIntact()).toBe(false);
  const renewed = template.renew();
  expect(renewed).toBeInstanceOf(Promise);
  await renewed;
  expect(memories).toHaveLength(2);
  const next = template.take("b");
  expect(next).not.toBe(engine);
  expect(result(next, look)).toEqual(fresh);
  expect(next.memoryBytes()).toBe(initialMemory);
  expect(template.renew()).toBeNull();
});

test("an engine cannot be put back or entered while it runs", async () => {
  const template = await createTemplate(options, prelude, false);
  const engine = template.take("a");
  const refused: unknown[] = [];
  asked = () => {
    for (const enter of [() => template.take("a"), () => engine.deliver("[]"), () => engine.runJobs()]) {
      try {
        enter();
      } catch (error) {
        refused.push(error);
      }
    }
    return undefined;
  };
  result(engine, look);
  expect(refused).toHaveLength(3);
});

test("where putting back does not work, every run gets an engine that is built from nothing", async () => {
  // A guest whose realm goes on from run to run: what it says about itself is never the same.
  let runs = 0;
  asked = () => (said.startsWith('{"k":"count"') ? `[${++runs}]` : undefined);
  const door = `
    const send = globalThis.__holdfast_door;
    export const finish = ({ result }) => send(JSON.stringify({ v: [...result, send('{"k":"count"}')] }));
    export const deliver = () => {}, fail = () => {}, watch = () => {}, stopped = () => {}, harden = () => {};
  `;
  const leaking: EngineOptions = {
    ...options,
    source: (name) => (name === "holdfast:guest/door.js" ? door : null),
  };
  const template = await createTemplate(
    leaking,
    'export { deliver, fail, watch, stopped } from "holdfast:guest/door.js";',
    false,
  );
  expect(memories).toHaveLength(2);
  const engines = new Set<Engine>();
  for (let i = 0; i < 3; i += 1) {
    const engine = template.take("a");
    engines.add(engine);
    expect(result(engine, "finish({ result: [typeof left] });")).toEqual(["undefined", expect.any(String)]);
    engine.runModule("globalThis.left = 1;", "holdfast:main");
    await template.renew();
  }
  expect(engines.size).toBe(3);
  expect(memories).toHaveLength(5);
});

test("for one run, no copy is kept and nothing is tried out", async () => {
  said = "";
  const template = await createTemplate(options, prelude, true);
  expect(said).toBe("");
  expect(result(template.take("a"), look)).toEqual(fresh);
});

test("from an image, nothing is evaluated, and the realm is the one that the prelude makes", async () => {
  const engine = await createEngine(options, prelude);
  const image = engine.image();
  const asks: string[] = [];
  const counting: EngineOptions = {
    ...options,
    source(name) {
      asks.push(name);
      return options.source(name);
    },
  };
  for (const once of [true, false]) {
    const template = await createTemplate(counting, prelude, once, image);
    expect(asks).toEqual([]);
    const fresh = template.take("a");
    expect(fresh.isIntact()).toBe(true);
    expect(result(fresh, everything)).toEqual(result(engine, everything));
    expect(result(fresh, `${leave} ${look}`)).not.toEqual(fresh);
  }
});

/** Of a realm in which nothing can be said. */
async function deafImage(): Promise<EngineImage> {
  const deaf: EngineOptions = {
    ...options,
    source: (name) =>
      name === "holdfast:guest/door.js"
        ? "export const finish = () => {}, deliver = finish, fail = finish, watch = finish, harden = finish;"
        : null,
  };
  const engine = await createEngine(deaf, 'export { deliver, fail, watch } from "holdfast:guest/door.js";');
  return engine.image();
}

/** Whose addresses lead nowhere. */
async function strayImage(): Promise<EngineImage> {
  const image = await deafImage();
  return { ...image, addresses: { ...image.addresses, context: 3 * MiB, runtime: 3 * MiB } };
}

test.each([
  ["says nothing", deafImage, true],
  ["says nothing", deafImage, false],
  ["leads nowhere", strayImage, true],
  ["leads nowhere", strayImage, false],
])("where an image %s, the prelude is evaluated", async (_what, image, once) => {
  const template = await createTemplate(options, prelude, once, await image());
  expect(result(template.take("a"), look)).toEqual(fresh);
  expect(result(template.take("a"), "finish({ result: typeof globalThis.__holdfast_door });")).toBe(
    "undefined",
  );
});
