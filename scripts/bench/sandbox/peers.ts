/**
 * Other sandboxes, and what is none: each does the same small work.
 *
 * A fresh one is made for every script, as ours is. Where a peer has no std modules, it has less to do than we have.
 *
 * @module
 */

import vm from "node:vm";
import { loaded } from "../peer.ts";
import { stdSources } from "./engine-figures.ts";
import { guestSources } from "../../../runtime/sandbox/guest-sources.ts";
import { preludeOf } from "../../../runtime/sandbox/runner.ts";

/** What a peer can do. A member is null when the peer is not installed or has no such thing. */
export interface SandboxPeer {
  readonly name: string;
  readonly note: string;
  /** Makes one fresh sandbox in this thread and lets it compute `6 * 7`. */
  readonly fresh: (() => unknown) | null;
  /** A whole run as its users would start it. */
  readonly run: (() => Promise<unknown>) | null;
  /** One run with so many awaited calls of a host function, 100 at a time. */
  readonly calls: ((count: number) => Promise<unknown>) | null;
  /** Makes one more sandbox that stays. */
  readonly hold: (() => unknown) | null;
}

const program = "6 * 7";
const nothing = { fresh: null, run: null, calls: null, hold: null };

/** All of them. */
export async function sandboxPeers(): Promise<readonly SandboxPeer[]> {
  return [nodeVm(), await isolatedVm(), await quickjs(), await sebastianwessel(), await run()];
}

function nodeVm(): SandboxPeer {
  return {
    ...nothing,
    name: "node:vm",
    note: "a context in the same thread: no boundary, and no std modules",
    fresh: () => vm.runInNewContext(program),
    hold: () => vm.createContext(),
  };
}

interface IsolatedVm {
  readonly default: {
    readonly Isolate: new (options: {
      memoryLimit: number;
    }) => {
      createContextSync(): { evalSync(source: string): unknown };
      dispose(): void;
    };
  };
}

async function isolatedVm(): Promise<SandboxPeer> {
  const made = await loaded<IsolatedVm>("isolated-vm");
  const peer = {
    ...nothing,
    name: "isolated-vm",
    note: "5.0.4, an isolate and a context; a native add-on that a compiler must build; no std modules",
  };
  if (made === null) return peer;
  const { Isolate } = made.default;
  return {
    ...peer,
    fresh: () => {
      const isolate = new Isolate({ memoryLimit: 32 });
      isolate.createContextSync().evalSync(program);
      isolate.dispose();
    },
    hold: () => new Isolate({ memoryLimit: 32 }).createContextSync(),
  };
}

/** What is used of `quickjs-emscripten`. */
interface QuickJs {
  getQuickJS(): Promise<{ newRuntime(): QuickJsRuntime }>;
}

interface QuickJsHandle {
  dispose(): void;
}

interface QuickJsRuntime extends QuickJsHandle {
  setModuleLoader(load: (name: string) => string, resolve: (base: string, specifier: string) => string): void;
  newContext(): QuickJsContext;
  executePendingJobs(): unknown;
}

interface QuickJsContext extends QuickJsHandle {
  readonly global: QuickJsHandle;
  readonly undefined: QuickJsHandle;
  evalCode(
    source: string,
    name: string,
    options?: { type: "module" },
  ): { value?: QuickJsHandle; error?: QuickJsHandle };
  newFunction(name: string, fn: (...words: readonly QuickJsHandle[]) => QuickJsHandle): QuickJsHandle;
  newNumber(value: number): QuickJsHandle;
  newString(text: string): QuickJsHandle;
  newPromise(): {
    readonly handle: QuickJsHandle;
    readonly settled: Promise<void>;
    resolve(value: QuickJsHandle): void;
  };
  setProp(target: QuickJsHandle, name: string, value: QuickJsHandle): void;
}

/** As in its own documents: a runtime and a context for each script, disposed of in the end; calls are promises of its own. */
async function quickjs(): Promise<SandboxPeer> {
  const made = await loaded<QuickJs>("quickjs-emscripten");
  const peer = {
    ...nothing,
    name: "quickjs-emscripten",
    note: "0.32.0 as its documents say: a runtime and a context for each script, into which the same std modules are loaded from source",
  };
  if (made === null) return peer;
  const engine = await made.getQuickJS();
  const std = stdSources();
  const sources = new Map([...guestSources(), ...std]);
  const prelude = preludeOf([...std.keys()]);
  const make = (): { runtime: QuickJsRuntime; context: QuickJsContext } => {
    const runtime = engine.newRuntime();
    runtime.setModuleLoader(
      (name) => sources.get(name) ?? "",
      (_base, specifier) => (specifier.startsWith("./") ? `holdfast:guest/${specifier.slice(2)}` : specifier),
    );
    const context = runtime.newContext();
    const door = context.newFunction("door", () => context.newString("{}"));
    context.setProp(context.global, "__holdfast_door", door);
    door.dispose();
    used(context.evalCode(prelude, "prelude.js", { type: "module" }));
    return { runtime, context };
  };
  return {
    ...peer,
    fresh: () => {
      const { runtime, context } = make();
      used(context.evalCode(program, "script.js"));
      context.dispose();
      runtime.dispose();
    },
    hold: make,
    calls: async (count) => {
      const runtime = engine.newRuntime();
      const context = runtime.newContext();
      let over = (): void => {};
      const done = new Promise<void>((resolve) => (over = resolve));
      const later = context.newFunction("later", () => {
        const promise = context.newPromise();
        queueMicrotask(() => {
          promise.resolve(context.newNumber(1));
          runtime.executePendingJobs();
        });
        return promise.handle;
      });
      const finish = context.newFunction("finish", () => {
        over();
        return context.undefined;
      });
      for (const [name, fn] of Object.entries({ later, finish })) {
        context.setProp(context.global, name, fn);
        fn.dispose();
      }
      used(context.evalCode(`(async () => { ${hundredAtATime("later", count)} finish(); })()`, "calls.js"));
      runtime.executePendingJobs();
      await done;
      // Not disposed of: with a promise that is being settled it aborts.
    },
  };
}

function used({ value, error }: { value?: QuickJsHandle; error?: QuickJsHandle }): void {
  value?.dispose();
  if (error !== undefined) throw new Error("the peer could not run this");
}

interface SebastianWessel {
  loadQuickJs(variant: unknown): Promise<{
    runSandboxed(
      work: (sandbox: { evalCode(source: string): Promise<{ ok: boolean }> }) => Promise<{ ok: boolean }>,
      options: object,
    ): Promise<{ ok: boolean }>;
  }>;
}

async function sebastianwessel(): Promise<SandboxPeer> {
  const made = await loaded<SebastianWessel>("@sebastianwessel/quickjs");
  const variant = await loaded<{ readonly default: unknown }>("@jitl/quickjs-wasmfile-release-sync");
  const peer = {
    ...nothing,
    name: "@sebastianwessel/quickjs",
    note: "3.1.0, runSandboxed in the same thread, with its own Node modules",
  };
  if (made === null || variant === null) return peer;
  const { runSandboxed } = await made.loadQuickJs(variant.default);
  const evaluate = async (source: string, env: object): Promise<void> => {
    const { ok } = await runSandboxed(async ({ evalCode }) => await evalCode(source), { env });
    if (!ok) throw new Error("the peer could not run this");
  };
  return {
    ...peer,
    run: () => evaluate(`export default ${program}`, {}),
    calls: (count) =>
      evaluate(`${hundredAtATime("env.later", count)} export default 1`, {
        later: async (value: unknown) => value,
      }),
  };
}

interface Run {
  createRunner(options: object): {
    run(request: { source: string; hostFunctions: object }): Promise<{ status: string }>;
  };
}

async function run(): Promise<SandboxPeer> {
  const made = await loaded<Run>("run");
  const peer = { ...nothing, name: "run", note: "2.1.5, a fresh context in a worker for each call" };
  if (made === null) return peer;
  const hostFunctions = { host: { later: async (value: unknown) => value } };
  const runner = made.createRunner({
    limits: { maxBridgeRequests: 1_000_000, maxInFlightBridgeRequests: 1_000 },
  });
  const go = async (source: string): Promise<void> => {
    const { status } = await runner.run({ source, hostFunctions });
    if (status !== "completed") throw new Error(`the peer ended with ${status}`);
  };
  return {
    ...peer,
    run: () => go(`return ${program};`),
    calls: (count) => go(`${hundredAtATime("host.later", count)} return 1;`),
  };
}

function hundredAtATime(fn: string, count: number): string {
  return `for (let done = 0; done < ${count}; done += 100) await Promise.all(Array.from({ length: 100 }, () => ${fn}(1)));`;
}
