/**
 * The one file that names the sandbox engine (QuickJS in WebAssembly); `package.json` says where its code is. Replacing the engine is
 * replacing this file and that line.
 *
 * An engine is one WebAssembly instance with its own memory, so nothing is shared between two of them and a memory
 * error of the engine stays inside. All that an engine knows is in that memory: this file drives the engine's own C
 * functions, and holds no objects of the guest, only addresses. So an engine can be put back to an earlier moment, and
 * a second one made from it, by copying bytes. An engine is never disposed: its owner drops it, because the library's
 * dispose can abort on values that a script left behind.
 *
 * @module
 */

import packagedVariant from "@jitl/quickjs-wasmfile-release-sync";
import { restoreImage, type Segment, takeImage } from "./memory-image.ts";
import { initialMemory, moduleRefused } from "./messages.ts";

/** The package describes its CommonJS face; what an ES module imports is the variant itself. */
const variant = packagedVariant as unknown as typeof packagedVariant.default;

const loaded = Promise.all([
  variant.importModuleLoader() as Promise<unknown> as Promise<Load>,
  variant.importFFI(),
]);

/** How far one call of {@link Engine.runJobs} goes before the caller may look at the clock. */
const jobsPerBatch = 256;

/** A page of WebAssembly memory. */
const pageBytes = 65_536;
/** The published engine wants exactly so many at the start. */
const initialPages = initialMemory / pageBytes;

/** The flag of `QTS_Eval` for an ES module. */
const evalModule = 1;
/** The flag of `QTS_NewContext` for all of the language. */
const allIntrinsics = 0;

export interface EngineOptions {
  /** See `engine-code.ts`. */
  readonly code: WebAssembly.Module;
  /** Cap of the engine's memory in bytes, at least 16 MiB. */
  readonly memory: number;
  /** Cap of the guest's stack in bytes. */
  readonly stack: number;
  /** The door: text in; text out, or undefined. Must not throw. */
  readonly door: (text: string) => string | undefined;
  /** The source of a module by its resolved name, or null. */
  readonly source: (name: string) => string | null;
  /** The resolved name of a specifier that stands in the module `base`, or null. */
  readonly resolve: (base: string, specifier: string) => string | null;
  /** Asked now and then while guest code runs; true stops it, when the guest's own `stopped` has said where. */
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
  /** How often the guest was refused more memory since it last got some. */
  memoryRefusals(): number;
  /** The engine as it is now, for {@link Engine.reset} and {@link createEngine}. */
  image(): EngineImage;
  /**
   * False when the engine must be dropped: it threw at the host, was interrupted, has grown beyond its size at the start,
   * or guest code is running.
   */
  isIntact(): boolean;
  /**
   * Puts an intact engine back to an image of it, or of the engine that it was made for. `wipe` also zeroes what the image
   * does not hold.
   * @throws Error when the engine is not intact.
   */
  reset(image: EngineImage, wipe: boolean): void;
}

/** An engine at one moment. It fits the options that the engine was made with, and no others. */
export interface EngineImage {
  readonly segments: readonly Segment[];
  readonly addresses: Addresses;
}

/** Where things are in the engine's memory. */
interface Addresses {
  readonly runtime: number;
  readonly context: number;
  readonly deliver: number;
  readonly fail: number;
  readonly watch: number;
  readonly stopped: number;
  /** Room for one address. */
  readonly scratch: number;
}

/** The engine's C functions that are used here. Everything is an address or a number; a value's address owns the value. */
interface Native {
  QTS_NewRuntime(): number;
  QTS_RuntimeSetMaxStackSize(runtime: number, bytes: number): void;
  QTS_RuntimeEnableInterruptHandler(runtime: number): void;
  QTS_RuntimeEnableModuleLoader(runtime: number, normalizes: number): void;
  QTS_NewContext(runtime: number, intrinsics: number): number;
  QTS_GetGlobalObject(context: number): number;
  QTS_GetUndefined(): number;
  QTS_NewFunction(context: number, name: string, length: number, constructs: boolean, id: number): number;
  QTS_NewString(context: number, text: number): number;
  QTS_GetString(context: number, value: number): number;
  QTS_FreeCString(context: number, text: number): void;
  QTS_NewError(context: number): number;
  QTS_Throw(context: number, error: number): number;
  QTS_GetProp(context: number, object: number, name: number): number;
  QTS_SetProp(context: number, object: number, name: number, value: number): void;
  QTS_ArgvGetJSValueConstPointer(list: number, index: number): number;
  QTS_Call(context: number, fn: number, self: number, count: number, list: number): number;
  QTS_Eval(context: number, code: number, bytes: number, file: string, detect: number, flags: number): number;
  QTS_ResolveException(context: number, value: number): number;
  QTS_FreeValuePointer(context: number, value: number): void;
  QTS_FreeValuePointerRuntime(runtime: number, value: number): void;
  QTS_Typeof(context: number, value: number): number;
  QTS_IsJobPending(runtime: number): number;
  QTS_ExecutePendingJob(runtime: number, most: number, contextOut: number): number;
}

/** What the engine calls. It does not look at whether that throws, so what throws leaves it unusable. */
interface Callbacks {
  callFunction(asyncify: undefined, context: number, self: number, count: number, list: number): number;
  shouldInterrupt(asyncify: undefined, runtime: number): number;
  loadModuleSource(asyncify: undefined, runtime: number, context: number, name: string): number;
  normalizeModule(asyncify: undefined, runtime: number, context: number, base: string, name: string): number;
  freeHostRef(): void;
}

type InstantiateWasm = (
  imports: WebAssembly.Imports,
  done: (instance: WebAssembly.Instance) => void,
) => WebAssembly.Exports;

/** The library's loader. */
type Load = (options: {
  readonly wasmMemory: WebAssembly.Memory;
  readonly instantiateWasm: InstantiateWasm;
  readonly thisProgram: string;
}) => Promise<Instance>;

/** What the library's loader gives. */
interface Instance {
  callbacks: Callbacks;
  /** The whole memory; made anew when it grows. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Makes an engine: with the door installed and the guest's prelude (`holdfast:prelude`) run, or an empty one for an image,
 * which {@link Engine.reset} must fill before anything else. The prelude exports `deliver`, `fail`, `watch` and `stopped`.
 */
export async function createEngine(options: EngineOptions, from: string | EngineImage): Promise<Engine> {
  const memory = new WebAssembly.Memory({
    initial: initialPages,
    maximum: Math.max(initialPages, Math.floor(options.memory / pageBytes)),
  });
  let refusals = 0;
  const grow = memory.grow.bind(memory);
  // The library asks for less, and again, when it is refused.
  memory.grow = (pages) => {
    refusals += 1;
    const before = grow(pages);
    refusals = 0;
    return before;
  };
  const [load, Functions] = await loaded;
  // The library writes the program's name into the engine's memory; the default is the path of a file of the host.
  const instantiateWasm: InstantiateWasm = (imports, done) => {
    const instance = new WebAssembly.Instance(options.code, imports);
    done(instance);
    return instance.exports;
  };
  const instance = await load({ wasmMemory: memory, instantiateWasm, thisProgram: "holdfast" });
  const native = new Functions(
    instance as unknown as ConstructorParameters<typeof Functions>[0],
  ) as unknown as Native;
  const { _malloc: allocate, _free: release } = instance;
  const undefinedValue = native.QTS_GetUndefined();
  /** Guest code is on the stack. */
  let running = false;
  /** The engine was interrupted, or something was thrown through it. */
  let unusable = false;

  /** A text in the engine's memory, with a NUL behind it. Whoever asks for it frees it. */
  const write = (text: string): { readonly at: number; readonly bytes: number } => {
    const bytes = Buffer.byteLength(text);
    const at = allocate(bytes + 1);
    if (at === 0) throw new Error("out of memory");
    const heap = instance.HEAPU8;
    encoder.encodeInto(text, heap.subarray(at, at + bytes));
    heap[at + bytes] = 0;
    return { at, bytes };
  };
  const newString = (text: string): number => {
    const { at } = write(text);
    const value = native.QTS_NewString(context(), at);
    release(at);
    return value;
  };
  const textOf = (value: number): string => {
    const at = native.QTS_GetString(context(), value);
    if (at === 0) throw new Error("out of memory");
    const heap = instance.HEAPU8;
    const text = decoder.decode(heap.subarray(at, heap.indexOf(0, at)));
    native.QTS_FreeCString(context(), at);
    return text;
  };

  const typeOf = (value: number): string => {
    const at = native.QTS_Typeof(context(), value);
    const heap = instance.HEAPU8;
    const text = decoder.decode(heap.subarray(at, heap.indexOf(0, at)));
    release(at);
    return text;
  };

  instance.callbacks = {
    callFunction(_asyncify, _context, _self, _count, list) {
      const answer = options.door(textOf(native.QTS_ArgvGetJSValueConstPointer(list, 0)));
      return answer === undefined ? 0 : newString(answer);
    },
    shouldInterrupt() {
      // Also asked while the guest tells where it was stopped, which is not to take long.
      if (unusable) return 1;
      if (!options.interrupted()) return 0;
      unusable = true;
      // No argument: the room for one may hold that of the call which is interrupted.
      forget(native.QTS_Call(context(), addresses.stopped, undefinedValue, 0, addresses.scratch));
      return 1;
    },
    loadModuleSource(_asyncify, _runtime, _context, name) {
      const source = options.source(name);
      return source === null ? refuse() : write(source).at;
    },
    // A throwing normalizer is lost inside the engine, so a refused name goes to the loader, which refuses it.
    normalizeModule: (_asyncify, _runtime, _context, base, name) =>
      write(options.resolve(base, name) ?? `refused:${name.slice(0, 200)}`).at,
    freeHostRef() {},
  };

  const setMember = (object: number, name: string, value: number): void => {
    const key = newString(name);
    native.QTS_SetProp(context(), object, key, value);
    native.QTS_FreeValuePointer(context(), key);
    native.QTS_FreeValuePointer(context(), value);
  };
  const getMember = (object: number, name: string): number => {
    const key = newString(name);
    const value = native.QTS_GetProp(context(), object, key);
    native.QTS_FreeValuePointer(context(), key);
    return value;
  };
  const refuse = (): 0 => {
    const error = native.QTS_NewError(context());
    setMember(error, "message", newString(moduleRefused));
    native.QTS_FreeValuePointer(context(), native.QTS_Throw(context(), error));
    native.QTS_FreeValuePointer(context(), error);
    return 0;
  };
  /** Runs a module: its namespace, or the promise of it, or what it threw. */
  const evaluate = (source: string, name: string): { readonly value: number; readonly threw: boolean } => {
    const code = write(source);
    const value = native.QTS_Eval(context(), code.at, code.bytes, name, 0, evalModule);
    release(code.at);
    const error = native.QTS_ResolveException(context(), value);
    if (error === 0) return { value, threw: false };
    native.QTS_FreeValuePointer(context(), value);
    return { value: error, threw: true };
  };

  const context = (): number => addresses.context;
  let addresses: Addresses;
  if (typeof from === "string") {
    addresses = newRealm();
    addresses = { ...addresses, ...runPrelude(from) };
  } else {
    addresses = from.addresses;
  }

  function newRealm(): Addresses {
    const runtime = native.QTS_NewRuntime();
    native.QTS_RuntimeSetMaxStackSize(runtime, options.stack);
    native.QTS_RuntimeEnableInterruptHandler(runtime);
    native.QTS_RuntimeEnableModuleLoader(runtime, 1);
    const context = native.QTS_NewContext(runtime, allIntrinsics);
    return { runtime, context, deliver: 0, fail: 0, watch: 0, stopped: 0, scratch: allocate(8) };
  }

  function runPrelude(prelude: string): Pick<Addresses, "deliver" | "fail" | "watch" | "stopped"> {
    const global = native.QTS_GetGlobalObject(context());
    // The engine frees the function's number when it frees the function, and 0 would mean that it has none.
    setMember(global, "__holdfast_door", native.QTS_NewFunction(context(), "door", 1, false, 1));
    native.QTS_FreeValuePointer(context(), global);
    const { value, threw } = evaluate(prelude, "holdfast:prelude");
    if (threw) throw new Error(`the sandbox prelude failed: ${textOf(getMember(value, "message"))}`);
    while (runBatch());
    return {
      deliver: getMember(value, "deliver"),
      fail: getMember(value, "fail"),
      watch: getMember(value, "watch"),
      stopped: getMember(value, "stopped"),
    };
  }

  function runBatch(): boolean {
    const done = native.QTS_ExecutePendingJob(addresses.runtime, jobsPerBatch, addresses.scratch);
    // A number of jobs, or what one threw: a promise's own jobs keep what a script throws, so that was a limit.
    if (addresses.fail !== 0 && typeOf(done) !== "number") tell(addresses.fail, done);
    else native.QTS_FreeValuePointerRuntime(addresses.runtime, done);
    return native.QTS_IsJobPending(addresses.runtime) === 1;
  }

  /** Calls a guest function with one value and forgets what it answers; what it has to say goes through the door. */
  function tell(fn: number, value: number): void {
    new DataView(memory.buffer).setUint32(addresses.scratch, value, true);
    forget(native.QTS_Call(context(), fn, undefinedValue, 1, addresses.scratch));
    native.QTS_FreeValuePointer(context(), value);
  }

  function forget(answer: number): void {
    const error = native.QTS_ResolveException(context(), answer);
    if (error !== 0) native.QTS_FreeValuePointer(context(), error);
    native.QTS_FreeValuePointer(context(), answer);
  }

  function isIntact(): boolean {
    return !running && !unusable && memory.buffer.byteLength === initialMemory;
  }

  /** Enters the guest. What is thrown through the engine leaves its stack as it was in the middle. */
  function enter<T>(work: () => T): T {
    if (running || unusable) throw new Error("the engine cannot be entered");
    running = true;
    try {
      return work();
    } catch (error) {
      unusable = true;
      throw error;
    } finally {
      running = false;
    }
  }

  return {
    runModule(source, name) {
      enter(() => {
        const { value, threw } = evaluate(source, name);
        tell(threw ? addresses.fail : addresses.watch, value);
      });
    },
    deliver(text) {
      enter(() => tell(addresses.deliver, newString(text)));
    },
    runJobs: () => enter(runBatch),
    memoryBytes: () => memory.buffer.byteLength,
    memoryRefusals: () => refusals,
    isIntact,
    image: () => ({ segments: takeImage(instance.HEAPU8), addresses }),
    reset(image, wipe) {
      if (!isIntact()) throw new Error("the engine must be dropped");
      restoreImage(instance.HEAPU8, image.segments, wipe);
      refusals = 0;
    },
  };
}
