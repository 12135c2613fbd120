/**
 * Runs one pipeline text in both modes: `guest` through the sandbox and the door, `host` with the same functions called
 * from Node.
 */

import { type Grants, type Limits, type RuntimeOptions, createRuntime } from "../runtime/index.ts";
import { systemClock } from "../runtime/host/clock.ts";
import { createTestingWorld } from "../runtime/host/testing-world.ts";
import type { StdModule } from "../runtime/plugin.ts";
import type { EventSink, LogEvent, Ports } from "../runtime/ports.ts";
import { createStripper } from "../runtime/sandbox/typescript.ts";
import { std } from "../runtime/std/index.ts";
import { createOAuth, oauth } from "../stdlib/oauth/node.ts";

export type ModeName = "guest" | "host";
export const modeNames: readonly ModeName[] = ["guest", "host"];

export interface PipelineOptions {
  readonly args?: unknown;
  /** Guest only; default: loopback and every storage path. */
  readonly grants?: Grants;
  /** Guest only: Node code has nobody who cancels it. */
  readonly signal?: AbortSignal;
  /** Gives the pipeline a scripted world (`std/testing`) in place of network and clock. */
  readonly testing?: boolean;
}

/** One way to run pipelines. */
export interface Mode {
  readonly name: ModeName;
  /** Everything that the sinks got, oldest first. */
  readonly events: readonly LogEvent[];
  /** The messages of all log lines. */
  readonly logs: readonly string[];
  /** Runs a pipeline and answers what its default function returns; throws what it throws. */
  run(source: string, options?: PipelineOptions): Promise<unknown>;
  close(): Promise<void>;
}

export interface ModeOptions {
  /** Text, or a secret with its origins: scripts get it sealed. */
  readonly env?: RuntimeOptions["env"];
  readonly limits?: Partial<Limits>;
}

/** Opens a mode: one runtime, or one plain Node world per pipeline. */
export async function openMode(name: ModeName, options: ModeOptions = {}): Promise<Mode> {
  return name === "guest" ? await openGuest(options) : openHost(options);
}

/** What a pipeline is granted when a test says nothing. */
export const loopbackGrants: Grants = { net: ["127.0.0.1"], storage: ["*"], env: ["*"] };

async function openGuest({ env = {}, limits = {} }: ModeOptions): Promise<Mode> {
  const events: LogEvent[] = [];
  const logs: string[] = [];
  const runtime = await createRuntime({
    plugins: [oauth()],
    events: [sinkInto(events)],
    env,
    limits,
    onLog: (line) => void logs.push(line.message),
  });
  return {
    name: "guest",
    events,
    logs,
    async run(source, { args, grants = {}, signal, testing = false } = {}) {
      const { result } = await runtime.run({
        source,
        filename: "pipeline.ts",
        args: args ?? {},
        grants: { ...loopbackGrants, testing, ...grants },
        ...(signal ? { signal } : {}),
      });
      return result;
    },
    close: () => runtime.close(),
  };
}

/** Where a generated module finds the functions of its pipeline. */
const modulesOf: Map<string, Readonly<Record<string, StdModule>>> = new Map();
const registry = Symbol.for("holdfast.conformance.modules");
Object.defineProperty(globalThis, registry, { value: modulesOf, configurable: true });

let pipelines = 0;

function openHost({ env = {} }: ModeOptions): Mode {
  const events: LogEvent[] = [];
  const stripper = createStripper();
  const worlds: (() => Promise<void>)[] = [];
  const plain = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, typeof value === "object" ? value.secret : value]),
  );
  return {
    name: "host",
    events,
    get logs() {
      return events
        .filter(({ topic }) => topic === "runtime.log")
        .map(({ payload }) => (payload as { message: string }).message);
    },
    async run(source, { args = {}, testing = false } = {}) {
      const world = testing ? createTestingWorld({ clock: systemClock() }) : null;
      const own = createOAuth({
        sinks: [sinkInto(events)],
        env: plain,
        ...(world ? { clock: world.clock, http: world.http } : {}),
      });
      worlds.push(() => own.close());
      const ports: Ports = { ...own.ports, testing: world?.testing ?? null };
      const name = `pipeline-${++pipelines}`;
      modulesOf.set(name, {
        ...std().modules(ports),
        ...namespaces(own, oauth().modules(ports)),
      });
      const stripped = await stripper.strip(source, "pipeline.ts");
      const text = stripped.replace(/(from\s+)"(std\/[\w/]+)"/g, (_, from: string, specifier: string) => {
        return `${from}${JSON.stringify(moduleUrl(name, specifier))}`;
      });
      // The name makes the text unlike that of any earlier run, which would not be run again.
      const url = textUrl(`${text}\n// ${name}`);
      const module = (await import(/* @vite-ignore */ url)) as {
        default(args: unknown): unknown;
      };
      // A sandboxed pipeline gets a copy too.
      return await module.default(JSON.parse(JSON.stringify(args)));
    },
    async close() {
      await Promise.all(worlds.map((close) => close()));
      await stripper.close();
    },
  };
}

/** The namespaces of plain Node code, by the specifiers that scripts know them by. */
function namespaces(
  own: object,
  scripts: Readonly<Record<string, StdModule>>,
): Readonly<Record<string, StdModule>> {
  return Object.fromEntries(
    Object.keys(scripts).map((specifier) => {
      const name = specifier.replace("std/oauth/", "");
      const namespace = (own as Record<string, StdModule>)[name];
      if (!namespace) throw new Error(`plain Node code has no ${name}`);
      return [specifier, { ...namespace }];
    }),
  );
}

function moduleUrl(pipeline: string, specifier: string): string {
  const module = modulesOf.get(pipeline)?.[specifier];
  if (!module) throw new Error(`there is no ${specifier}`);
  const names = Object.keys(module).join(", ");
  const table = `globalThis[Symbol.for("holdfast.conformance.modules")].get(${JSON.stringify(pipeline)})`;
  return textUrl(`export const { ${names} } = ${table}[${JSON.stringify(specifier)}];`);
}

function textUrl(text: string): string {
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

function sinkInto(events: LogEvent[]): EventSink {
  return {
    name: "test",
    persists: false,
    write: (event) => void events.push(event),
    close: async () => {},
  };
}
