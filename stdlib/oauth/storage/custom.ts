/**
 * A store over functions of the script or the embedder. They are given concealed tokens, and what they return is opened
 * here, so a store written in a script holds ciphertext.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { Ports } from "../../../runtime/ports.ts";
import type { TokenSet } from "../token-set.ts";
import type { Entry } from "./entry.ts";
import { KeyedMutex } from "./keyed-mutex.ts";
import { isOfLineage } from "./lineage.ts";
import { hasUnrecorded, scriptBinding } from "./script-entry.ts";
import type { ScriptStore } from "./script-store.ts";
import { concealTokenSet, openTokenSet } from "./sealed-token-set.ts";
import { OAuthError } from "../errors.ts";
import { invalidArgument, storageError } from "./storage-fault.ts";
import { storageKey } from "./storage-key.ts";
import { judgeTokenSet } from "./token-set-judge.ts";

/** What `custom` takes. The functions may answer at once or with a promise; what they throw is thrown on as it is. */
export interface CustomHandlers {
  /** Names the storage in diagnostics; default `custom`. */
  readonly id?: string;
  /** The object that `set` was given, or null. */
  get(key: string): unknown;
  set(key: string, token_set: TokenSet, ttl_seconds: number | null): unknown;
  delete(key: string): unknown;
  /** Takes a lock, calls `body` once, waits for it, and frees the lock. */
  with_refresh_lock?(key: string, body: () => Promise<void>): unknown;
}

/** The handlers of an object, each function read once and bound to it. */
export interface Handlers {
  readonly id: string;
  readonly get: (key: string) => Promise<unknown>;
  readonly set: (key: string, token_set: TokenSet, ttl_seconds: number | null) => Promise<unknown>;
  readonly delete: (key: string) => Promise<unknown>;
  readonly lock: ((key: string, body: () => Promise<void>) => Promise<unknown>) | null;
}

/**
 * Reads the handlers of an object.
 * @throws HARN-OAU-011 when it is no object, a function is missing, or `id` is not a non-blank string.
 */
export function handlersOf(value: unknown): Handlers {
  if (typeof value !== "object" || value === null) {
    throw invalidArgument(
      "this is not a storage",
      "Give memory(), file(), custom(), or an object with get, set and delete.",
    );
  }
  const object = value as Record<string, unknown>;
  const method = (name: "get" | "set" | "delete" | "with_refresh_lock"): Handlers["get"] | null => {
    const fn = object[name];
    if (name === "with_refresh_lock" && (fn === undefined || fn === null)) return null;
    if (typeof fn !== "function") {
      throw invalidArgument(`a custom storage's ${name} must be a function`, `Give ${name} as a function.`);
    }
    return async (...args: unknown[]) => await Reflect.apply(fn, value, args);
  };
  const required = (name: "get" | "set" | "delete"): Handlers["get"] => method(name) as Handlers["get"];
  const id = object["id"] ?? "custom";
  if (typeof id !== "string" || id.trim() === "") {
    throw invalidArgument(
      "a custom storage's id must be a non-blank string",
      "Leave id out, or name the storage.",
    );
  }
  return {
    id: id.trim(),
    get: required("get"),
    set: required("set"),
    delete: required("delete"),
    lock: method("with_refresh_lock"),
  };
}

let customStores = 0;

/** True for a store over functions: what it returns without a binding, the one who wrote the functions knows already. */
export function isCustomStore({ identity }: Pick<ScriptStore, "identity">): boolean {
  return identity.startsWith("custom:");
}

/**
 * A store over handlers, unlike any other store. Keeps no entries: what it reads has an empty generation. A handler that
 * asks the store itself, or a client over it, could only wait for itself: HARN-OAU-010.
 */
export function customStore(ports: Ports, given: Handlers): ScriptStore {
  const locks = new KeyedMutex();
  const writes = new KeyedMutex();
  const handlers = notReentrant(given);

  async function read(key: string): Promise<Entry | null> {
    const value = await handlers.get(storageKey(key));
    if (value === null || value === undefined) return null;
    const judged = judgeTokenSet(value);
    if (!judged.ok) throw storageError("custom_value");
    const opened = openTokenSet(ports, key, judged.token_set);
    if (hasUnrecorded(opened)) throw unrecorded();
    return {
      token_set: opened.token_set,
      ttl_seconds: null,
      binding: scriptBinding(opened, null),
      generation: "",
      version: 0,
      updated_at_unix: 0,
      intent: null,
    };
  }

  async function put(key: string, entry: Entry): Promise<void> {
    // Whatever is kept here counts as its script's own knowledge: `replace` lets nothing else in.
    const token_set = concealTokenSet(ports, storageKey(key), entry, true);
    await handlers.set(key, token_set, entry.ttl_seconds);
  }

  return {
    identity: `custom:${handlers.id}:${++customStores}`,
    keepsEntries: false,
    read,
    async write(key, entry, expected) {
      if (!expected) {
        await put(key, entry);
        return true;
      }
      return await writes.run(storageKey(key), async () => {
        // Only the refresh token's hash tells here: the store keeps no generation.
        if (!isOfLineage(await read(key), { ...expected, generation: "" })) return false;
        await put(key, entry);
        return true;
      });
    },
    async remove(key) {
      await handlers.delete(storageKey(key));
    },
    async replace(key, next) {
      const entry = next(null);
      if (entry.binding === null && entry.generation === "") throw unrecorded();
      await put(key, entry);
    },
    withRefreshLock: (key, body) =>
      locks.run(storageKey(key), () => (handlers.lock ? underHook(handlers.lock, key, body) : body())),
  };
}

/** A call of a handler that may still be on its way, and the one that it was made in. */
interface HandlerCall {
  readonly of: Handlers;
  readonly outer: HandlerCall | undefined;
  active: boolean;
}

/** One for all storages: Node asks each of them at each promise, and never lets one go. */
const handlerCalls = new AsyncLocalStorage<HandlerCall | undefined>();

/** The handlers, each of which refuses to be called from inside another. What a lock's body does is not inside. */
function notReentrant(given: Handlers): Handlers {
  const guarded =
    <A extends unknown[]>(handler: (...args: A) => Promise<unknown>) =>
    async (...args: A): Promise<unknown> => {
      const outer = handlerCalls.getStore();
      for (let call = outer; call; call = call.outer) {
        // Work that outlives its handler may ask again: the handler is no longer active then.
        if (call.active && call.of === given) throw storageError("custom_reentered");
      }
      const call: HandlerCall = { of: given, outer, active: true };
      try {
        return await handlerCalls.run(call, () => handler(...args));
      } finally {
        call.active = false;
      }
    };
  const { lock } = given;
  return {
    id: given.id,
    get: guarded(given.get),
    set: guarded(given.set),
    delete: guarded(given.delete),
    lock:
      lock &&
      guarded((key: string, body: () => Promise<void>) => {
        const outside = handlerCalls.run(handlerCalls.getStore()?.outer, () => AsyncLocalStorage.snapshot());
        return lock(key, () => outside(body));
      }),
  };
}

/** A custom storage counts as its script's own knowledge, which such a token is not. */
function unrecorded(): OAuthError {
  return new OAuthError(
    "HARN-OAU-004",
    "std/oauth/storage: a sealed token without a record of its origin cannot be kept in a custom storage",
    "Keep it in a memory or file storage, or log in again.",
  );
}

/** How long a hook may take before it runs the body, in ms. */
const hookWaitMs = 60_000;

/**
 * Runs the body inside a `with_refresh_lock` of the script or embedder. The result goes past that function, which must
 * not see it; and once the body has run, its outcome counts, whatever the function then makes of it.
 */
async function underHook<T>(
  hook: NonNullable<Handlers["lock"]>,
  key: string,
  body: () => Promise<T>,
): Promise<T> {
  const state: { running: Promise<T> | null; late: boolean } = { running: null, late: false };
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      state.late = true;
      reject(storageError("lock_timeout"));
    }, hookWaitMs);
  });
  try {
    const hooked = hook(key, async () => {
      if (state.late) throw storageError("lock_timeout");
      clearTimeout(timer);
      state.running ??= body();
      await state.running;
    });
    await Promise.race([hooked, waited]);
  } catch (error) {
    if (!state.running) throw error;
  } finally {
    clearTimeout(timer);
    state.late = true;
  }
  if (!state.running) throw storageError("custom_lock");
  return await state.running;
}
