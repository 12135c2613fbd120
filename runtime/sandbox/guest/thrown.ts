/**
 * Errors on their way through the wall, in both directions.
 *
 * @module
 */

import { list, put } from "./own-members.ts";
import {
  ErrorClass,
  errorPrototype,
  getPrototypeOf,
  isArray,
  isPrototypeOf,
  objectPrototype,
  setPrototypeOf,
  slice,
  stringify,
  textOf,
} from "./primordials.ts";
import { type Calls, decode, encode } from "./wire.ts";

/** An error of the host as its JSON text was parsed. */
export interface HostError {
  readonly name: string;
  readonly message: string;
  /** Where a function of the script threw it. */
  readonly stack?: string;
  readonly code?: string;
  readonly retryable?: boolean;
  readonly hint?: string;
  readonly details?: unknown;
}

/** Errors behind one that are told. */
const mostCauses = 8;

/** Where the script is, as the engine writes it. */
export function currentSite(): string {
  const stack: unknown = new ErrorClass().stack;
  return typeof stack === "string" ? stack : "";
}

/** An error of the host as a guest error whose stack is the script's own. */
export function guestError(wire: HostError, site: string, calls: Calls): Error {
  // What it lacks must not be found on the script's Object.prototype.
  const from = setPrototypeOf(wire, null) as HostError;
  const error = new ErrorClass(from.message);
  put(error, "name", from.name, false);
  put(error, "stack", from.stack === undefined ? site : from.stack + site, false);
  if (from.code !== undefined) {
    const text = from.code + ": " + from.message;
    put(error, "toString", () => text, false);
    put(error, "code", from.code, true);
  }
  if (from.retryable !== undefined) put(error, "retryable", from.retryable, true);
  if (from.hint !== undefined) put(error, "hint", from.hint, true);
  if (from.details !== undefined) put(error, "details", decode(from.details, calls), true);
  return error;
}

/**
 * What a thrown value says about itself, as JSON text. Getters and `toString` of the script run here, inside its limits;
 * what they throw counts as nothing said.
 */
export function describe(thrown: unknown): string {
  return described(thrown, list());
}

/** An error that leads back to one of `told` is not told again; nor is what a trap of a proxy hides. */
function described(thrown: unknown, told: unknown[]): string {
  try {
    return descriptionOf(thrown, told);
  } catch {
    return '{"name":"Error","message":"a value that cannot be read"}';
  }
}

function descriptionOf(thrown: unknown, told: unknown[]): string {
  put(told, textOf(told.length), thrown, true);
  if (typeof thrown !== "object" || thrown === null) {
    return '{"name":"Error","message":' + limited(thrown, 4000) + "}";
  }
  const read = (name: string): unknown => {
    try {
      return (thrown as Record<string, unknown>)[name];
    } catch {
      return undefined;
    }
  };
  let text = '{"name":' + limited(read("name") ?? "Error", 200);
  const message = read("message");
  text +=
    ',"message":' +
    (message === undefined && !isPrototypeOf(errorPrototype, thrown)
      ? summary(thrown)
      : limited(message, 4000));
  const stack = read("stack");
  if (typeof stack === "string") text += ',"stack":' + limited(stack, 10_000);
  const code = read("code");
  if (typeof code === "string") text += ',"code":' + limited(code, 200);
  const hint = read("hint");
  if (typeof hint === "string") text += ',"hint":' + limited(hint, 1000);
  if (read("retryable") === true) text += ',"retryable":true';
  try {
    const details = read("details");
    if (details !== undefined) text += ',"details":' + encode(details, 90);
  } catch {
    // details that cannot cross are left out
  }
  return text + ',"causes":[' + causeText(read("cause"), read("errors"), told) + "]}";
}

/** The errors behind one: its `cause`, and the `errors` of an AggregateError. */
function causeText(cause: unknown, errors: unknown, told: unknown[]): string {
  let text = "";
  const add = (one: unknown): void => {
    if (one === undefined || told.length > mostCauses) return;
    for (let i = 0; i < told.length; i++) if (told[i] === one) return;
    text += (text === "" ? "" : ",") + described(one, told);
  };
  add(cause);
  if (!isArray(errors)) return text;
  try {
    for (let i = 0; i < errors.length && i < mostCauses; i++) add(errors[i]);
  } catch {
    // a getter of the script that throws counts as nothing said
  }
  return text;
}

/** The JSON text of the beginning of what a value has to say. */
function limited(value: unknown, length: number): string {
  try {
    return stringify(slice(textOf(value), 0, length));
  } catch {
    return '""';
  }
}

function summary(thrown: object): string {
  try {
    return limited(stringify(thrown) ?? textOf(thrown), 1000);
  } catch {
    return getPrototypeOf(thrown) === objectPrototype ? '"an object"' : '"a value"';
  }
}
