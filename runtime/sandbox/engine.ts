/**
 * The one file that names the sandbox engine (QuickJS in WebAssembly). Another engine replaces this file.
 *
 * An engine is one WebAssembly instance with its own memory, so nothing is shared between two of them and a memory
 * error of the engine stays inside. It is never disposed: its owner drops it, and the memory goes as a whole, because
 * the library's own dispose can abort on values that a script left behind.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import variant from "@jitl/quickjs-wasmfile-release-sync";
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSSyncVariant,
} from "quickjs-emscripten-core";
import { initialMemory, moduleRefused } from "./messages.ts";

/** The package describes its CommonJS face; what an ES module imports is the variant itself. */
const syncVariant = variant as unknown as QuickJSSyncVariant;

/** Compiled once per thread, at the thread's start. Threads of one process share the machine code: V8 knows the bytes again. */
const module = new WebAssembly.Module(
  readFileSync(createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm")),
);

/** How far one call of {@link Engine.runJobs} goes before the caller may look at the clock. */
const jobsPerBatch = 256;

/** A page of WebAssembly memory. */
const pageBytes = 65_536;
/** The published engine wants exactly so many at the start. */
const initialPages = initialMemory / pageBytes;

export interface EngineOptions {
  /** Cap of the engine's memory in bytes, at least 16 MiB. */
  readonly memory: number;
  /** Cap of the guest's stack in bytes. */
  readonly stack: number;
  /** The door: text in, text out. Must not throw. */
  readonly door: (text: string) => string;
  /** The source of a module by its resolved name, or null. */
  readonly source: (name: string) => string | null;
  /** The resolved name of a specifier that stands in the module `base`, or null. */
  readonly resolve: (base: string, specifier: string) => string | null;
  /** Asked now and then while guest code runs; true stops it. */
  readonly interrupted: () => boolean;
}

export interface Engine {
  /** Runs a module and hands what comes of it (a namespace, a promise, or an error) to the guest's own `watch` or `fail`. */
  runModule(source: string, name: string): void;
  /** Calls the guest's `deliver`. */
  deliver(text: string): void;
  /** Runs one batch of jobs; true when more are waiting. */
  runJobs(): boolean;
  /** Size of the engine's memory in bytes; it only grows. */
  memoryBytes(): number;
}

/**
 * Makes a fresh engine, with the door installed and the guest's prelude (`holdfast:prelude`) run.
 * The prelude exports `deliver`, `fail` and `watch`.
 */
export async function createEngine(options: EngineOptions, prelude: string): Promise<Engine> {
  const memory = new WebAssembly.Memory({
    initial: initialPages,
    maximum: Math.max(initialPages, Math.floor(options.memory / pageBytes)),
  });
  const quickjs = await newQuickJSWASMModuleFromVariant(
    newVariant(syncVariant, { wasmModule: module, wasmMemory: memory }),
  );
  const runtime = quickjs.newRuntime();
  runtime.setMaxStackSize(options.stack);
  runtime.setInterruptHandler(options.interrupted);
  runtime.setModuleLoader(
    (name) => options.source(name) ?? { error: new Error(moduleRefused) },
    // A throwing normalizer is lost inside the engine, so a refused name goes to the loader, which refuses it.
    (base, specifier) => options.resolve(base, specifier) ?? `refused:${specifier.slice(0, 200)}`,
  );
  const context = runtime.newContext();

  const door = context.newFunction("door", (text) =>
    context.newString(options.door(context.getString(text))),
  );
  context.setProp(context.global, "__holdfast_door", door);
  door.dispose();

  const namespace = settled(context, context.evalCode(prelude, "holdfast:prelude", { type: "module" }));
  const guest = {
    deliver: context.getProp(namespace, "deliver"),
    fail: context.getProp(namespace, "fail"),
    watch: context.getProp(namespace, "watch"),
  };
  runtime.executePendingJobs();

  /** Calls a guest function with one value and forgets what it answers; what it has to say goes through the door. */
  const tell = (fn: QuickJSHandle, value: QuickJSHandle): void => {
    const result = context.callFunction(fn, context.undefined, value);
    (result.error ?? result.value).dispose();
    value.dispose();
  };

  return {
    runModule(source, name) {
      const result = context.evalCode(source, name, { type: "module" });
      if (result.error) tell(guest.fail, result.error);
      else tell(guest.watch, result.value);
    },
    deliver(text) {
      tell(guest.deliver, context.newString(text));
    },
    runJobs() {
      const result = runtime.executePendingJobs(jobsPerBatch);
      if (result.error) result.error.dispose();
      return runtime.hasPendingJob();
    },
    memoryBytes: () => memory.buffer.byteLength,
  };
}

function settled(context: QuickJSContext, result: ReturnType<QuickJSContext["evalCode"]>): QuickJSHandle {
  if (!result.error) return result.value;
  const message = context.getProp(result.error, "message");
  throw new Error(`the sandbox prelude failed: ${context.getString(message)}`);
}
