/**
 * A realm of its own with the guest's globals, over a door that carries JSON text to the real std modules.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import vm from "node:vm";
import { testPorts } from "../../std/ports.test.fixture.ts";
import { std } from "../../std/index.ts";
import type { StdModule } from "../../plugin.ts";

/** The stand-in for `door.ts`. Like the real one it uses only what it captured, so that a poisoned realm cannot stop it. */
const door = `
(function (plain, start, listen) {
  "use strict";
  const { parse, stringify } = JSON;
  const { isArray } = Array;
  const { setPrototypeOf, create } = Object;
  const Bytes = Uint8Array, Failure = Error, Later = Promise;
  const waiting = create(null);
  function open(text) {
    const answer = parse(text);
    if (answer.error !== undefined) {
      const error = new Failure(answer.error.message);
      error.code = answer.error.code;
      throw error;
    }
    if (answer.bytes === undefined) return answer.value;
    const bytes = new Bytes(answer.bytes.length);
    for (let i = 0; i < answer.bytes.length; i++) bytes[i] = answer.bytes[i];
    return bytes;
  }
  listen((id, text) => {
    try { waiting[id].resolve(open(text)); } catch (error) { waiting[id].reject(error); }
  });
  return {
    callPlain: (fn, args) => open(plain(fn, stringify(setPrototypeOf(args, null)))),
    call: (fn, args) => new Later((resolve, reject) => {
      waiting[start(fn, stringify(setPrototypeOf(args, null)))] = { resolve, reject };
    }),
  };
})`;

/** A compiled guest file by its import path, such as `./globals.js`. */
function guestText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

/** The guest's files in the order of loading: those that a file imports stand before it. The door is not among them. */
function guestFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const add = (path: string): void => {
    if (files.has(path) || path === "./door.js") return;
    const text = guestText(path);
    for (const [, imported = ""] of text.matchAll(/^import \{[^}]*\} from "([^"]*)";$/gm)) add(imported);
    files.set(path, text);
  };
  add("./globals.js");
  return files;
}

/** The guest's files as one function of the door, since a context takes no modules: each file becomes a function. */
function globalsText(): string {
  const parts = [...guestFiles()].map(([path, text]) => {
    const names: string[] = [];
    const body = text
      .replace(/^import \{([^}]*)\} from ("[^"]*");$/gm, "const {$1} = modules[$2];")
      .replace(/^export (function|class|const|let) (\w+)/gm, (_all, kind: string, name: string) => {
        names.push(name);
        return `${kind} ${name}`;
      });
    if (/^\s*(?:import|export)\s/m.test(body))
      throw new Error(`${path}: an import or export of another form`);
    return `modules["${path}"] = (function () { ${body}\nreturn { ${names.join(", ")} }; })();`;
  });
  return `(function (door) { "use strict"; const modules = { "./door.js": door }; ${parts.join("\n")}
    return modules["./globals.js"].installGlobals; })`;
}

/** What a test does with a realm. */
export interface GuestRealm {
  /** The realm's global object. */
  readonly globals: Record<string, unknown>;
  /** Runs a script's text in the realm. */
  run(source: string): unknown;
  /** The lines of the log so far. */
  readonly lines: { level: string; message: string; fields?: unknown }[];
  /** The sleeps that are open, oldest first. */
  readonly sleeps: { ms: number; wake(): Promise<void>; fail(code: string): Promise<void> }[];
  /** The calls that passed the door. */
  readonly calls: { fn: string; args: unknown[] }[];
}

/** Lets everything settle that is not waiting for a sleep. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Makes a realm and installs the globals in it. */
export function guestRealm(modules: Record<string, StdModule> = {}): GuestRealm {
  const lines: GuestRealm["lines"] = [];
  const sleeps: GuestRealm["sleeps"] = [];
  const calls: GuestRealm["calls"] = [];
  const ports = testPorts({
    variables: { NAME: "value" },
    log: {
      write: (level, message, fields) => void lines.push({ level, message, ...(fields ? { fields } : {}) }),
    },
    clock: {
      now: () => 0,
      monotonic: () => 0,
      sleep: (ms) =>
        new Promise<void>((resolve, reject) => {
          const sleep = {
            ms,
            wake: async () => (over(), resolve(), turn()),
            fail: async (code: string) => (
              over(), reject(Object.assign(new Error("failed"), { code })), turn()
            ),
          };
          const over = (): void => void sleeps.splice(sleeps.indexOf(sleep), 1);
          sleeps.push(sleep);
        }),
    },
  });
  const all: Record<string, StdModule> = { ...std().modules(ports), ...modules };
  const find = (fn: string, args: string): (() => unknown) => {
    const [specifier = "", name = ""] = fn.split("#");
    const list = JSON.parse(args) as unknown[];
    calls.push({ fn, args: list });
    const found = all[specifier]?.[name];
    if (typeof found !== "function") throw new Error(`there is no ${fn}`);
    return () => (found as (...args: unknown[]) => unknown)(...list);
  };
  const answered = (value: unknown): string =>
    JSON.stringify(value instanceof Uint8Array ? { bytes: [...value] } : { value });
  const failed = (error: unknown): string => {
    const { message, code } = error as { message: string; code?: string };
    return JSON.stringify({ error: { message, code } });
  };
  let settle: (id: number, text: string) => void = () => {};
  let lastId = 0;
  const plain = (fn: string, args: string): string => {
    try {
      return answered(find(fn, args)());
    } catch (error) {
      return failed(error);
    }
  };
  const start = (fn: string, args: string): number => {
    const id = ++lastId;
    const run = find(fn, args);
    void (async () => run())().then(
      (value) => settle(id, answered(value)),
      (error: unknown) => settle(id, failed(error)),
    );
    return id;
  };
  const context = vm.createContext();
  const run = (source: string): unknown => vm.runInContext(source, context);
  const listen = (listener: typeof settle): void => {
    settle = listener;
  };
  const makeDoor = run(door) as (...host: unknown[]) => unknown;
  const install = (run(globalsText()) as (door: unknown) => () => void)(makeDoor(plain, start, listen));
  install();
  return { globals: run("globalThis") as Record<string, unknown>, run, lines, sleeps, calls };
}
