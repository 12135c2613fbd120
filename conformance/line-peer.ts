/**
 * The adapter protocol: one JSON object per line, calls in both directions.
 *
 *     {"id": 1, "call": "client.token", "args": [{"$handle": 3}], "now": 1767225600000}
 *     {"id": 1, "ok": "…", "now": …}      or      {"id": 1, "error": {"name", "code", "message", …}}
 *
 * Values are JSON, and besides: `{"$handle": n, "data": {…}, "methods": […]}` is an object with methods that lives on the
 * side that sent it (`{"$handle": n}` on its way back; a method is called as `{"call": "handle", "args": [n, method,
 * […]]}`), `{"$function": n}` a function (called as `{"call": "function", "args": [n, […]]}`), `{"$bytes": base64}`
 * bytes.
 *
 * @module
 */

import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

type Members = Readonly<Record<string, unknown>>;
type Callable = (...args: unknown[]) => unknown;

export interface LinePeer {
  /** Calls the other side. Rejects with what it threw, or when it is gone. */
  call(name: string, ...args: unknown[]): Promise<unknown>;
  /** Forgets every handle and function. */
  forget(): void;
  /** Settles when the other side is gone. */
  readonly gone: Promise<void>;
}

export interface LinePeerOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** Answers the other side's calls. */
  readonly answer: (call: string, args: readonly unknown[]) => unknown;
  /** The time to stamp on what is sent; null for none. */
  readonly now: (() => number) | null;
  /** Told of the time on what comes. */
  readonly onNow?: (ms: number) => void;
}

/** Speaks the protocol over two streams. */
export function linePeer({ input, output, answer, now, onNow }: LinePeerOptions): LinePeer {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  const mine: unknown[] = [];
  const numbers = new Map<unknown, number>();
  let theirs = new WeakMap<object, number>();
  let last = 0;

  const send = (message: Members): void => {
    output.write(`${JSON.stringify(now === null ? message : { ...message, now: now() })}\n`);
  };

  const numberOf = (value: unknown): number => {
    const known = numbers.get(value);
    if (known !== undefined) return known;
    mine.push(value);
    numbers.set(value, mine.length);
    return mine.length;
  };

  const encode = (value: unknown): unknown => {
    if (typeof value === "function") return { $function: numberOf(value) };
    if (typeof value !== "object" || value === null) return value ?? null;
    if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
    if (Array.isArray(value)) return value.map(encode);
    const handle = theirs.get(value);
    if (handle !== undefined) return { $handle: handle };
    const members = Object.entries(value);
    const methods = members.filter(([, member]) => typeof member === "function").map(([name]) => name);
    const data = members
      .filter(([, member]) => typeof member !== "function" && member !== undefined)
      .map(([name, member]) => [name, encode(member)] as const);
    if (methods.length === 0 || isHandlers(value))
      return Object.fromEntries(members.map(([name, member]) => [name, encode(member)]));
    return { $handle: numberOf(value), data: Object.fromEntries(data), methods };
  };

  const decode = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(decode);
    const members = value as Members;
    if ("$bytes" in members) return new Uint8Array(Buffer.from(String(members["$bytes"]), "base64"));
    if ("$function" in members) return (...args: unknown[]) => call("function", members["$function"], args);
    if ("$handle" in members) {
      const number = Number(members["$handle"]);
      if (!("methods" in members)) return mine[number - 1];
      const object: Record<string, unknown> = decode(members["data"]) as Record<string, unknown>;
      for (const method of members["methods"] as readonly string[])
        object[method] = (...args: unknown[]) => call("handle", number, method, args);
      theirs.set(object, number);
      return object;
    }
    return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, decode(member)]));
  };

  const call = (name: string, ...args: unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, { resolve, reject });
      send({ id: last, call: name, args: args.map(encode) });
    });

  const perform = async (name: string, args: readonly unknown[]): Promise<unknown> => {
    if (name === "function") return await (mine[Number(args[0]) - 1] as Callable)(...(args[1] as unknown[]));
    if (name === "handle") {
      const target = mine[Number(args[0]) - 1] as Readonly<Record<string, Callable>>;
      const method = target[String(args[1])];
      if (method === undefined) throw new TypeError(`there is no method ${String(args[1])}`);
      return await method(...(args[2] as unknown[]));
    }
    return await answer(name, args);
  };

  const take = async (line: string): Promise<void> => {
    const message = JSON.parse(line) as Members;
    if (typeof message["now"] === "number") onNow?.(message["now"]);
    const id = Number(message["id"]);
    if (typeof message["call"] === "string") {
      try {
        const args = (message["args"] as readonly unknown[] | undefined) ?? [];
        send({ id, ok: encode(await perform(message["call"], args.map(decode))) });
      } catch (error) {
        send({ id, error: errorData(error) });
      }
      return;
    }
    const waiter = waiting.get(id);
    waiting.delete(id);
    if ("error" in message) waiter?.reject(errorFrom(message["error"] as Members));
    else waiter?.resolve(decode(message["ok"]));
  };

  const lines = createInterface({ input });
  lines.on("line", (line) => {
    if (line.trim() !== "") void take(line);
  });
  const gone = new Promise<void>((resolve) => {
    lines.once("close", () => {
      for (const { reject } of waiting.values())
        reject(new Error("the other side of the adapter protocol is gone"));
      waiting.clear();
      resolve();
    });
  });
  return {
    call,
    forget() {
      mine.length = 0;
      numbers.clear();
      theirs = new WeakMap();
    },
    gone,
  };
}

/** Options and handlers are data with functions in them; a frozen object is one that lives where it is. */
function isHandlers(value: object): boolean {
  return !Object.isFrozen(value);
}

const errorMembers = ["code", "retryable", "hint", "details", "kind", "sent"] as const;

function errorData(error: unknown): Members {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const said = error as unknown as Members;
  const more = errorMembers.filter((name) => said[name] !== undefined).map((name) => [name, said[name]]);
  return { name: error.name, message: error.message, ...Object.fromEntries(more) };
}

function errorFrom(data: Members): Error {
  const text = (name: string): string => (typeof data[name] === "string" ? data[name] : "Error");
  const error = new Error(text("message"));
  Object.defineProperty(error, "name", { value: text("name"), configurable: true });
  for (const name of errorMembers) {
    if (data[name] !== undefined && data[name] !== null)
      Object.defineProperty(error, name, { value: data[name], enumerable: true });
  }
  return error;
}
