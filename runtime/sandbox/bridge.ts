/**
 * The host's side of the wall: where a guest call enters the host.
 *
 * A call arrives as JSON text, is decoded, finds its function among the run's std modules (or its method on a host
 * object that this run was given), and is answered by that function, which is ordinary TypeScript. Grants are
 * checked by the ports that the function uses.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { RunError, type RunErrorCode, runErrorCodes } from "../host/run-error.ts";
import { isPlain, type StdFunction, type StdModule } from "../plugin.ts";
import { createCallQueue } from "./call-queue.ts";
import {
  type CallMessage,
  type GuestError,
  type LeftCall,
  maxPlainMessage,
  messageTooLarge,
  notAMessage,
  readMessage,
} from "./guest-message.ts";
import { type Answer, maskedJson } from "./masking.ts";
import { maxMessage } from "./messages.ts";
import { createOutbox } from "./outbox.ts";
import { decode, encode, type Receiver } from "./wire.ts";

/** Longest message and hint of an error that the guest gets, in characters. */
const longestSentence = 4_000;

export interface BridgeOptions {
  /** Makes the run's std modules; asked once, at the first call. */
  readonly modules: () => ReadonlyMap<string, StdModule>;
  /** How long a guest function may take, in ms. */
  readonly callbackTimeout: number;
  /** Cap of the result as JSON, in bytes. Who asks for the result judges it; only what is far over it is not read. */
  readonly maxResult: number;
  /** Masks, in a text on its way to the guest, values that it must not see. */
  readonly mask: (text: string) => string;
  /** Sends a JSON list of answers and invocations to the guest. */
  readonly deliver: (text: string, settled: number, invoked: number) => void;
  /** Told when a call of this many characters was answered. */
  readonly onAnswered: (length: number) => void;
  /** Told of a failure that was not meant for the guest, which gets only a fixed sentence. */
  readonly onInternalError: (fn: string, error: unknown) => void;
}

/** What the guest says at the end. */
export type Outcome =
  | {
      readonly kind: "result";
      readonly value: unknown;
      readonly bytes: number;
      readonly left: readonly LeftCall[];
    }
  | { readonly kind: "failed"; readonly error: GuestError }
  /** Where it was interrupted; what the interruption made of it may follow. */
  | { readonly kind: "stopped"; readonly site: string }
  /** Asked what it waits for: its open calls, and the one that was answered last. */
  | { readonly kind: "waits"; readonly open: readonly LeftCall[]; readonly last: LeftCall | null };

export interface Bridge {
  /**
   * Takes a message of the guest that wants no immediate answer. Answers the outcome when it is one.
   * @throws RunError HARN-RUN-015 when it is no message, or one over its cap: the script broke its own side of the wall.
   */
  receive(text: string): Outcome | null;
  /** Answers a plain call: JSON text `{v}` or `{e}`. Never throws. */
  plain(text: string): string;
  /** The guest took a delivery of this many characters. */
  taken(length: number): void;
  /** Refuses what is still open: guest functions reject, later answers go nowhere. */
  end(): void;
  /** How many calls entered. */
  readonly calls: number;
}

interface ReceivedCall {
  readonly message: CallMessage;
  /** Characters. */
  readonly length: number;
}

interface Invocation {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
  /** Runs what the guest calls from inside this invocation in the context of the call that caused it. */
  readonly within: <T>(body: () => T) => T;
}

export function createBridge(options: BridgeOptions): Bridge {
  const objects: object[] = [];
  const numbers = new Map<object, number>();
  const invocations = new Map<number, Invocation>();
  let modules: ReadonlyMap<string, StdModule> | null = null;
  let lastInvocation = 0;
  let ended = false;
  let calls = 0;
  const outbox = createOutbox(options.deliver);
  const queue = createCallQueue<ReceivedCall>(call);

  const register = (object: object): number => {
    const known = numbers.get(object);
    if (known !== undefined) return known;
    objects.push(object);
    numbers.set(object, objects.length);
    return objects.length;
  };

  /** @throws RunError HARN-RUN-007 when too much waits for the guest. */
  const post = (item: Answer): void => {
    if (!ended) outbox.add(maskedJson(item, options.mask), item.k === "invoke");
  };

  const receiver: Receiver = {
    hostObject(id) {
      const object = objects[id - 1];
      if (!object) throw new RunError("HARN-RUN-015", "this object belongs to another run");
      return object;
    },
    guestFunction:
      (fn) =>
      (...args) => {
        const answer = invoke(fn, args);
        // Where nobody waits for it (a serializer that found a `toJSON`), a function that throws must not end the process.
        answer.catch(() => {});
        return answer;
      },
  };

  function invoke(fn: number, args: readonly unknown[]): Promise<unknown> {
    if (ended) return Promise.reject(callbackGone());
    return new Promise((resolve, reject) => {
      const id = ++lastInvocation;
      const timer = setTimeout(() => {
        invocations.delete(id);
        reject(
          new RunError(
            "HARN-RUN-003",
            `a function of the script did not answer within ${options.callbackTimeout} ms`,
            {
              hint: "A storage or prompt function must answer soon; do the waiting elsewhere.",
            },
          ),
        );
      }, options.callbackTimeout);
      invocations.set(id, { resolve, reject, timer, within: AsyncLocalStorage.snapshot() });
      try {
        post({ k: "invoke", id, fn, args: args.map((value) => encode(value, register)) });
      } catch (error) {
        answered(id)?.reject(error as Error);
      }
    });
  }

  /** A value of the guest. @throws RunError HARN-RUN-015 when it is not of the encoding. */
  function decoded(wire: unknown): unknown {
    try {
      return decode(wire, receiver);
    } catch {
      throw notAMessage();
    }
  }

  function answered(id: number): Invocation | undefined {
    const invocation = invocations.get(id);
    if (invocation) clearTimeout(invocation.timer);
    invocations.delete(id);
    return invocation;
  }

  /** The function that a name stands for: `module#export`, or `#object.method`. Only own members count. */
  function find(name: string): { readonly fn: StdFunction; readonly self: unknown } {
    const [, specifier = "", member = ""] = /^(.*)#(.*)$/s.exec(name) ?? [];
    if (specifier !== "") {
      modules ??= options.modules();
      const module = modules.get(specifier);
      const fn = module && Object.hasOwn(module, member) ? module[member] : undefined;
      if (typeof fn === "function") return { fn, self: undefined };
    } else {
      const [, id = "", method = ""] = /^(\d+)\.(.*)$/s.exec(member) ?? [];
      const object = objects[Number(id) - 1] as Record<string, unknown> | undefined;
      const fn = object && Object.hasOwn(object, method) ? object[method] : undefined;
      if (typeof fn === "function") return { fn: fn as StdFunction, self: object };
    }
    throw new RunError("HARN-RUN-015", "there is no such function");
  }

  /** Decodes the arguments and calls the function, inside the context of the callback that made the call, if any. */
  function enter(message: CallMessage, plain: boolean): unknown {
    calls += 1;
    const { fn, self } = find(message.fn);
    if (isPlain(fn) !== plain)
      throw new RunError("HARN-RUN-015", "a plain function and an async one were mixed up");
    const args = decoded(message.args) as never[];
    const within = invocations.get(message.inside)?.within;
    const run = (): unknown => fn.apply(self, args);
    return within ? within(run) : run();
  }

  /** Never throws. */
  async function call({ message, length }: ReceivedCall): Promise<void> {
    try {
      const value = await enter(message, false);
      post({ k: "ok", id: message.id, v: encode(value, register) });
    } catch (error) {
      refuse(message, error);
    }
    if (!ended) options.onAnswered(length);
  }

  function refuse(message: CallMessage, error: unknown): void {
    if (ended) return;
    outbox.addAlways(
      maskedJson({ k: "err", id: message.id, e: publicError(message.fn, error) }, options.mask),
    );
  }

  /** What the guest learns of an error: coded errors as they are, anything else only that it happened. Never throws. */
  function publicError(fn: string, thrown: unknown): GuestError {
    const error = thrown as Partial<GuestError> | null;
    if (
      thrown instanceof Error &&
      typeof error?.code === "string" &&
      /^HARN-[A-Z]+-\d{3}$/.test(error.code)
    ) {
      const usual = runErrorCodes[error.code as RunErrorCode]?.hint;
      const hint = typeof error.hint === "string" ? error.hint : usual;
      return {
        name: thrown.name,
        message: thrown.message.slice(0, longestSentence),
        code: error.code,
        retryable: error.retryable === true,
        ...(hint === undefined ? {} : { hint: hint.slice(0, longestSentence) }),
        ...publicDetails(error.details),
      };
    }
    if (thrown instanceof GuestCallbackError) return thrown.guest;
    try {
      if (!ended) options.onInternalError(fn, thrown);
    } catch {
      // An event that could not be written must not become the failure of another call.
    }
    return {
      name: "InternalError",
      message: "the host failed at this call; its operator can see why",
      retryable: false,
    };
  }

  function publicDetails(details: unknown): { readonly details?: unknown } {
    try {
      return details === undefined ? {} : { details: encode(details, register) };
    } catch {
      return {};
    }
  }

  return {
    receive(text) {
      if (text.startsWith('{"k":"result"')) {
        // Far too long for its limit, so it is not read at all.
        if (text.length > options.maxResult + maxMessage)
          return { kind: "result", value: null, bytes: text.length, left: [] };
      } else if (text.length > maxMessage) throw messageTooLarge();
      const message = readMessage(text);
      switch (message.k) {
        case "call":
          queue.add({ message, length: text.length });
          return null;
        case "answer": {
          const value = message.e ?? decoded(message.v);
          const invocation = answered(message.id);
          if (message.e) invocation?.reject(new GuestCallbackError(message.e));
          else invocation?.resolve(value);
          return null;
        }
        case "failed":
          return { kind: "failed", error: message.e };
        case "stopped":
          return { kind: "stopped", site: message.site };
        case "waits":
          return { kind: "waits", open: message.open, last: message.last };
        case "result":
          return {
            kind: "result",
            value: decoded(message.v),
            bytes: Buffer.byteLength(JSON.stringify(message.v)),
            left: message.left,
          };
        case "plain":
          throw notAMessage();
      }
    },
    plain(text) {
      let fn = "";
      try {
        if (text.length > maxPlainMessage) return JSON.stringify({ e: tooLargePlain() });
        const message = readMessage(text);
        if (message.k !== "plain") throw notAMessage();
        fn = message.fn;
        return maskedJson({ v: encode(enter(message, true), register) }, options.mask);
      } catch (error) {
        return maskedJson({ e: publicError(fn, error) }, options.mask);
      }
    },
    taken(length) {
      outbox.taken(length);
    },
    end() {
      ended = true;
      queue.clear();
      outbox.close();
      for (const id of [...invocations.keys()]) answered(id)?.reject(callbackGone());
    },
    get calls() {
      return calls;
    },
  };
}

/** An error that a guest function threw at the host. It goes back to the guest as it was, never into an audit trail. */
class GuestCallbackError extends Error {
  readonly guest: GuestError;
  /** Keeps name, message and place only: a code would let a script speak for the host. */
  constructor({ name, message, stack }: GuestError) {
    super("a function of the script threw");
    this.guest = { name, message, ...(stack === undefined ? {} : { stack }) };
  }
}

function callbackGone(): RunError {
  return new RunError("HARN-RUN-009", "the run is over, and with it the function that the script gave");
}

function tooLargePlain(): GuestError {
  return {
    name: "RunError",
    code: "HARN-RUN-015",
    message: "the arguments of one call that answers at once are over 1 MiB",
    retryable: false,
    hint: "Give the data in parts.",
  };
}
