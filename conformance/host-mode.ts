/**
 * Host mode: the same functions, called from Node. Nothing is sealed and there are no grants.
 *
 * @module
 */

import type { Capabilities } from "../runtime/host/node-ports.ts";
import type { EventSink, Json, LogEvent, Ports } from "../runtime/ports.ts";
import { std } from "../runtime/std/index.ts";
import type { StorageHandle } from "../stdlib/oauth/storage/index.ts";
import { createOAuth, type OAuth } from "../stdlib/oauth/node.ts";
import type { CaseFile } from "./case-format.ts";
import { cloudOperations } from "./cloud-storage.ts";
import { interpret } from "./guest/interpret.ts";
import { inTime, type Mode, type NetworkSource, neverRan } from "./mode.ts";
import { type Modules, runScriptHere } from "./script-case.ts";
import type { LoggedLine } from "./trace.ts";
import { createWorld, scriptWorld, type World } from "./world.ts";

/** An embedder's own storage: empty, made anew for each case. */
export type MakeStorage = () => Promise<{ readonly storage: StorageHandle; close?(): Promise<void> }>;

/** Opens the mode. With `makeStorage`, that storage stands in for the case's. */
export function hostMode(network: NetworkSource, makeStorage: MakeStorage | null = null): Mode {
  return {
    name: "host",
    async run(file, compiled) {
      const world = createWorld(compiled.script, await network(compiled));
      const { own, events } = openWorld(world, file.given);
      const made = compiled.program.storage === null ? await makeStorage?.() : undefined;
      const inner = await inTime(
        interpret(
          {
            modules: modulesOf(own, world),
            storage: made?.storage,
            advance: (seconds) => world.testing.clockAdvance(seconds * 1000),
          },
          compiled.program,
        ),
      ).catch(neverRan);
      const elapsed = world.elapsed();
      await Promise.race([own.close(), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
      await made?.close?.();
      await world.close();
      return {
        mode: "host",
        inner,
        crossed: "",
        sealed: false,
        events: events.filter(({ topic }) => topic !== "runtime.log"),
        logs: logsIn(events),
        requests: world.requests,
        capabilities: world.capabilities,
        captured: world.captured,
        signed: world.signed,
        elapsed,
        heard: world.heard(),
      };
    },
    async runScript(script) {
      const world = createWorld(scriptWorld);
      const { own } = openWorld(world, undefined);
      try {
        return (await inTime(runScriptHere(script, modulesOf(own, world)))) ?? null;
      } finally {
        await own.close();
      }
    },
    close: async () => {},
  };
}

/** The modules over a world, and the list that their events go to. */
export function openWorld(
  world: Pick<World, "clock" | "http" | "capability"> & Partial<Pick<World, "egressOptions">>,
  given: CaseFile["given"],
): { readonly own: OAuth; readonly events: readonly LogEvent[] } {
  const events: LogEvent[] = [];
  const sink: EventSink = {
    name: "conformance",
    persists: false,
    write: (event) => void events.push(event),
    close: async () => {},
  };
  const env = Object.entries(given?.env ?? {}).map(([name, value]) => [
    name,
    typeof value === "string" ? value : value.secret,
  ]);
  const own = createOAuth({
    clock: world.clock,
    ...(world.egressOptions ? { egress: world.egressOptions } : { http: world.http }),
    env: Object.fromEntries(env) as Record<string, string>,
    capabilities: capabilitiesOf(world, given?.capabilities ?? {}),
    sinks: [sink],
  });
  return { own, events };
}

function capabilitiesOf(
  world: Pick<World, "capability">,
  given: Readonly<Record<string, Json>>,
): Capabilities {
  const table: Record<string, Record<string, (params: unknown) => unknown>> = {};
  const add = (name: string, operation: string): void => {
    const operations = (table[name] ??= {});
    operations[operation] = (params) => world.capability(name, operation, params);
  };
  for (const name of Object.keys(given)) {
    const [capability = "", operation] = name.split(".");
    if (operation !== undefined) add(capability, operation);
    else if (capability === "oauth_storage") for (const each of cloudOperations) add(capability, each);
  }
  return table;
}

/** The modules by the last part of their name: std/oauth, then the others. */
export function modulesOf(own: OAuth, world: { readonly testing: World["testing"] | null }): Modules {
  const { ports, close: _, ...modules } = own;
  const withTesting: Ports = { ...ports, testing: world.testing };
  const others = Object.entries(std().modules(withTesting)).map(
    ([specifier, module]) => [specifier.replace("std/", ""), module] as const,
  );
  return { ...Object.fromEntries(others), ...modules } as unknown as Modules;
}

/** The log lines among the events of Node code. */
export function logsIn(events: readonly LogEvent[]): readonly LoggedLine[] {
  return events
    .filter(({ topic }) => topic === "runtime.log")
    .map(({ kind, payload }) => ({ level: kind, message: (payload as { message: string }).message }));
}
