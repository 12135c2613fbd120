/**
 * A storage whose operations are called by a script in a sandbox.
 *
 * @module
 */

import { createRuntime, definePlugin, RunError } from "../runtime/index.ts";
import { oauth } from "../stdlib/oauth/index.ts";
import type { StorageHandle } from "../stdlib/oauth/storage/index.ts";
import type { StorageUnderTest } from "./index.ts";

type Operation = (params: never) => unknown;
/** Capabilities that hold nothing yet. */
export type MakeCapabilities = () =>
  | Readonly<Record<string, Readonly<Record<string, Operation>>>>
  | Promise<Readonly<Record<string, Readonly<Record<string, Operation>>>>>;

interface Command {
  readonly id: number;
  readonly name: "get" | "set" | "delete" | "with_refresh_lock";
  readonly args: readonly unknown[];
}

type Settled =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

export interface Scripts {
  /** A storage whose operations are called by a script, which asks for one command after the other. */
  storage(expression: string): Promise<StorageUnderTest>;
  close(): Promise<void>;
}

/** What a script is asked to do, and what came of it. One script runs at a time. */
class Desk {
  readonly #queue: (Command | null)[] = [];
  #wake = (): void => {};
  readonly answers: Map<number, (answer: Settled) => void> = new Map();
  readonly bodies: Map<number, () => unknown> = new Map();
  readonly outcomes: Map<number, Settled> = new Map();

  push(command: Command | null): void {
    this.#queue.push(command);
    this.#wake();
  }

  async next(): Promise<Command | null> {
    while (this.#queue.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#queue.shift() ?? null;
  }

  async enter(id: number): Promise<void> {
    try {
      this.outcomes.set(id, { ok: true, value: await this.bodies.get(id)?.() });
    } catch (error) {
      this.outcomes.set(id, { ok: false, error });
      throw new RunError("HARN-RUN-015", "the body threw");
    }
  }
}

/** A runtime for one backend. Each storage gets new capabilities behind the same object. */
export async function openScripts(make: MakeCapabilities): Promise<Scripts> {
  let current = await make();
  let desk = new Desk();
  const capabilities = Object.fromEntries(
    Object.entries(current).map(([name, operations]) => [
      name,
      Object.fromEntries(
        // Those that a storage does not list are operations as well.
        Object.getOwnPropertyNames(operations).map((operation) => [
          operation,
          (params: unknown) => current[name]?.[operation]?.(params as never),
        ]),
      ),
    ]),
  );
  const remote = definePlugin({
    name: "remote",
    modules: () => ({
      "std/remote": {
        next: async () => await desk.next(),
        answer: async (id: number, ok: boolean, value: unknown) =>
          desk.answers.get(id)?.(ok ? { ok, value } : { ok, error: value }),
        enter: async (id: number) => await desk.enter(id),
      },
    }),
  });
  const runtime = await createRuntime({ plugins: [oauth(), remote], capabilities });
  return {
    async storage(expression) {
      current = await make();
      const own = new Desk();
      desk = own;
      const running = runtime.run({
        filename: "pipeline.js",
        source: scriptOver(expression),
        grants: { capabilities: Object.keys(capabilities), reveal: true },
      });
      return {
        storage: remoteStorage(own, running),
        async close() {
          own.push(null);
          await running;
        },
      };
    },
    close: () => runtime.close(),
  };
}

function scriptOver(expression: string): string {
  return `
    import { answer, enter, next } from "std/remote";
    import { harn_cloud_org, harn_cloud_session, secrets } from "std/oauth/storage";
    export default async function () {
      const storage = ${expression};
      const work = async ({ id, name, args }) => {
        try {
          const value = name === "with_refresh_lock"
            ? await storage.with_refresh_lock(args[0], () => enter(id))
            : await storage[name](...args);
          await answer(id, true, value ?? null);
        } catch (error) {
          await answer(id, false, String(error));
        }
      };
      for (let command = await next(); command; command = await next()) work(command);
    }`;
}

function remoteStorage(desk: Desk, running: Promise<unknown>): StorageHandle {
  let last = 0;
  const ended = running.then(() => Promise.reject(new Error("the script ended")));
  ended.catch(() => {});
  const ask = async (
    name: Command["name"],
    args: readonly unknown[],
    body?: () => unknown,
  ): Promise<unknown> => {
    const id = ++last;
    const answered = new Promise<Settled>((resolve) => desk.answers.set(id, resolve));
    if (body) desk.bodies.set(id, body);
    desk.push({ id, name, args });
    const answer = await Promise.race([answered, ended]);
    // What a body answers or throws stays here: the test compares the very object.
    const own = desk.outcomes.get(id) ?? answer;
    if (!own.ok) throw own.error;
    return own.value;
  };
  return {
    kind: "script",
    get: async (key) => (await ask("get", [key])) as Awaited<ReturnType<StorageHandle["get"]>>,
    set: async (...args) => void (await ask("set", args)),
    delete: async (key) => void (await ask("delete", [key])),
    with_refresh_lock: async <T>(key: string, body: () => T | Promise<T>) =>
      (await ask("with_refresh_lock", [key], body)) as T,
  };
}
