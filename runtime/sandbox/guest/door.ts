/**
 * The guest's side of the wall. This folder is compiled to JavaScript and loaded as text into the sandbox before any
 * user code.
 *
 * Everything that leaves the guest passes `send`, as JSON text. What runs after load uses the built-ins as they were at
 * load (`primordials.ts`), so a script that overwrites one harms only itself.
 *
 * @module
 */

import { after } from "./after.ts";
import {
  apply,
  create,
  enumerableKeys,
  ErrorClass,
  getPrototypeOf,
  isPrototypeOf,
  parse,
  promisePrototype,
  PromiseClass,
  setPrototypeOf,
  stringify,
} from "./primordials.ts";
import { currentSite, describe, guestError, type HostError } from "./thrown.ts";
import { callbackOf, type Calls, decode, encode } from "./wire.ts";

declare const globalThis: Record<string, unknown>;

const send = globalThis["__holdfast_door"] as (text: string) => string | undefined;
delete globalThis["__holdfast_door"];

/** For what is answered at once. */
function ask(text: string): unknown {
  return parse(send(text) as string);
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly fn: string;
  readonly site: string;
}

/** Cap of what a function of the script answers, in characters: below that of the host's messages, which ends the run. */
const maxAnswer = 7 * 1024 * 1024;

const calls: Calls = { call, callPlain };
const pending: Record<number, Pending> = create(null);
let lastCall = 0;
/** The call that was answered last. */
let answered: Pending | null = null;
/** The callback that is running right now, so that a call made inside it can be told from any other. */
let inside = 0;

function callText(fn: string, args: readonly unknown[]): string {
  return ',"fn":' + stringify(fn) + ',"inside":' + inside + ',"args":' + encode(args, 0) + "}";
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && isPrototypeOf(promisePrototype, value);
}

/** Calls an async host function: `module#function`, or `#object.method`. */
export function call(fn: string, args: readonly unknown[]): Promise<unknown> {
  const site = currentSite();
  return new PromiseClass((resolve, reject) => {
    const id = ++lastCall;
    const refused = send('{"k":"call","id":' + id + callText(fn, args));
    if (refused !== undefined) {
      reject(guestError(parse(refused) as HostError, site, calls));
      return;
    }
    pending[id] = { resolve, reject, fn, site };
  });
}

/** Calls a plain host function and waits for its value. */
export function callPlain(fn: string, args: readonly unknown[]): unknown {
  const answer = setPrototypeOf(ask('{"k":"plain"' + callText(fn, args)), null) as {
    readonly v?: unknown;
    readonly e?: HostError;
  };
  if (answer.e) throw guestError(answer.e, currentSite(), calls);
  return decode(answer.v, calls);
}

/** Four random words of 32 bits, new for every run. */
export function seed(): readonly number[] {
  return ask('{"k":"seed"}') as number[];
}

/** Reports the end of the run by an error. */
export function fail(thrown: unknown): void {
  send('{"k":"failed","e":' + describe(thrown) + "}");
}

/** Says where the script is that is being stopped: an async function would keep that to itself. */
export function stopped(): void {
  send('{"k":"stopped","site":' + stringify(currentSite()) + "}");
}

/** Reports a module that failed while it was being loaded or run; a promise is followed. */
export function watch(value: unknown): void {
  if (isPromise(value)) after(value, () => {}, fail);
}

function siteText({ fn, site }: Pending): string {
  return '{"fn":' + stringify(fn) + ',"site":' + stringify(site) + "}";
}

/** The calls that are not answered, at most 20, as JSON text. */
function openText(withSleeps: boolean): string {
  let text = "";
  const ids = enumerableKeys(pending);
  for (let i = 0; i < ids.length && i < 20; i++) {
    const open = pending[ids[i] as unknown as number] as Pending;
    if (open.fn === "std/time#sleep" && !withSleeps) continue;
    text += (text === "" ? "" : ",") + siteText(open);
  }
  return "[" + text + "]";
}

/** Says what the script waits for. */
function tellWaits(): void {
  const last = answered ? siteText(answered) : "null";
  send('{"k":"waits","open":' + openText(true) + ',"last":' + last + "}");
}

/** Runs the pipeline's default function, or takes its `result`, and reports the outcome. */
export function finish(pipeline: Record<string, unknown>): void {
  const settle = (value: unknown): void => {
    // A timer that is left does no harm; a call may.
    const left = openText(false);
    try {
      send('{"k":"result","v":' + encode(value, 0) + ',"left":' + left + "}");
    } catch (thrown) {
      fail(thrown);
    }
  };
  const main = pipeline["default"];
  if (typeof main !== "function") {
    settle(pipeline["result"]);
    return;
  }
  const args = decode(ask('{"k":"args"}'), calls);
  // Called outside of any async function, which would keep to itself where a limit stopped the script.
  let value: unknown;
  try {
    value = (main as (args: unknown) => unknown)(args);
  } catch (thrown) {
    fail(thrown);
    return;
  }
  after((async () => await value)(), settle, fail);
}

interface Delivery {
  readonly k: "ok" | "err" | "invoke" | "waits";
  readonly id: number;
  readonly v?: unknown;
  readonly e?: HostError;
  readonly fn?: number;
  readonly args?: unknown;
}

/** Takes a list of answers, callback invocations and questions from the host, as JSON text. */
export function deliver(text: string): void {
  const list = parse(text) as Delivery[];
  for (let i = 0; i < list.length; i++) {
    const item = list[i] as Delivery;
    if (item.k === "invoke") {
      invoke(item);
      continue;
    }
    if (item.k === "waits") {
      tellWaits();
      continue;
    }
    const open = pending[item.id];
    if (!open) continue;
    delete pending[item.id];
    answered = open;
    if (item.k === "ok") open.resolve(decode(item.v, calls));
    else open.reject(guestError(item.e as HostError, open.site, calls));
  }
}

function invoke(item: Delivery): void {
  const start = '{"k":"answer","id":' + item.id;
  const refuse = (thrown: unknown): void => {
    send(start + ',"e":' + describe(thrown) + "}");
  };
  const answer = (value: unknown): void => {
    let text: string;
    try {
      text = encode(value, 0);
    } catch (thrown) {
      refuse(thrown);
      return;
    }
    if (text.length > maxAnswer) {
      refuse(new ErrorClass("the answer of a function is over 7 MiB"));
      return;
    }
    send(start + ',"v":' + text + "}");
  };
  const callback = callbackOf(item.fn as number);
  if (!callback) {
    refuse(new ErrorClass("this function is no longer there"));
    return;
  }
  inside = item.id;
  try {
    const value = apply(callback, undefined, decode(item.args, calls) as unknown[]);
    // A promise of our own follows the script's, which stays as the script made it.
    if (isPromise(value)) after((async () => await value)(), answer, refuse);
    else answer(value);
  } catch (thrown) {
    refuse(thrown);
  } finally {
    inside = 0;
  }
}

/** The prelude's last act: what could run text as code, or watch the garbage collector, goes. */
export function harden(): void {
  const functionKinds = [
    function () {},
    async () => {},
    // The generator is only asked for its constructor.
    function* () {},
    async function* () {},
  ];
  for (let i = 0; i < functionKinds.length; i++) {
    delete (getPrototypeOf(functionKinds[i]) as Record<string, unknown>)["constructor"];
  }
  const gone = ["eval", "Function", "SharedArrayBuffer", "WeakRef", "FinalizationRegistry"];
  for (let i = 0; i < gone.length; i++) delete globalThis[gone[i] as string];
}
