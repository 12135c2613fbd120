/**
 * Guest mode: each case is one run in the sandbox, through the door.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { systemRandom } from "../runtime/host/random.ts";
import { createSealer } from "../runtime/host/seal.ts";
import {
  createRuntime,
  type Environment,
  type Grants,
  type Limits,
  RunError,
  type Runtime,
  ScriptError,
  type Usage,
} from "../runtime/index.ts";
import type { LogEvent } from "../runtime/ports.ts";
import { oauth } from "../stdlib/oauth/index.ts";
import type { Compiled } from "./compile.ts";
import { Sealed } from "./matchers.ts";
import { errorOf } from "./guest/interpret.ts";
import { type Mode, modulesNamed, type NetworkSource, specifierOf } from "./mode.ts";
import type { InnerTrace, Outcome } from "./program.ts";
import type { LoggedLine } from "./trace.ts";
import { createWorld, scriptWorld } from "./world.ts";

/** Where the interpreter lies, alone. */
const folder = fileURLToPath(new URL("./guest/", import.meta.url));

/** In ms: how long a function of a case may take; one that never answers is part of the suite. */
const callbackTimeout = 300;

/** Opens the mode: one runtime for all cases. */
export async function guestMode(network: NetworkSource): Promise<Mode> {
  // Known here, so that capsules can be opened for the comparison.
  const sealingKeys = [new Uint8Array(createHash("sha256").update("holdfast conformance").digest())];
  const seal = createSealer({ random: systemRandom(), sealingKeys }).forRun({
    passThrough: true,
    redactor: null,
  });
  const env: Record<string, Environment[string]> = {};
  let events: LogEvent[] = [];
  let logs: LoggedLine[] = [];
  let script = "";
  const open = (limits: Partial<Limits>): Promise<Runtime> =>
    createRuntime({
      plugins: [oauth({ sealingKeys })],
      env,
      limits: { callbackTimeout, wall: 20_000, cpu: 10_000, ...limits },
      events: [
        {
          name: "conformance",
          persists: false,
          write: (event) => void (event.actor.script === script && events.push(event)),
          close: async () => {},
        },
      ],
      onLog: (line, run) =>
        void (run.script === script && logs.push({ level: line.level, message: line.message })),
    });
  const runtime = await open({});
  /** One for each set of limits that a case asks for. */
  const limited = new Map<string, Promise<Runtime>>();
  const runtimeFor = async ({ sandbox }: Compiled): Promise<Runtime> => {
    const name = JSON.stringify(sandbox);
    if (name === "{}") return runtime;
    const known = limited.get(name) ?? open(sandbox);
    limited.set(name, known);
    return await known;
  };
  let count = 0;

  const begin = (): void => {
    script = `case-${++count}.ts`;
    events = [];
    logs = [];
    for (const name of Object.keys(env)) delete env[name];
  };

  const opened = (value: unknown): unknown => {
    if (typeof value === "string" && value.startsWith("hfs1.")) {
      try {
        return new Sealed(seal.open(value).value);
      } catch {
        return value;
      }
    }
    if (Array.isArray(value)) return value.map(opened);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, opened(member)]));
  };

  return {
    name: "guest",
    async run(file, compiled) {
      begin();
      Object.assign(env, file.given?.env);
      const world = createWorld(compiled.script, await network(compiled));
      const grants = compiled.grants as Grants;
      const request = { filename: script, grants, world };
      let ended: Outcome;
      let usage: Usage | undefined;
      try {
        const limitedRuntime = await runtimeFor(compiled);
        const run = await limitedRuntime.run(
          compiled.source === null
            ? { ...request, source: sourceFor(compiled), folder, args: compiled.program }
            : { ...request, source: compiled.source, args: { url: compiled.endpoints } },
        );
        ended = { value: run.result ?? null };
        usage = run.usage;
      } catch (error) {
        if (error instanceof RunError || error instanceof ScriptError) usage = error.usage;
        ended = { error: errorOf(error) };
      }
      await world.close();
      const inner = compiled.source === null ? innerOf(ended) : untouched;
      return {
        mode: "guest",
        inner: opened(inner) as InnerTrace,
        crossed: JSON.stringify("value" in ended ? ended.value : ended.error),
        sealed: grants.reveal !== true,
        events,
        logs,
        requests: world.requests,
        capabilities: world.capabilities,
        captured: world.captured,
        signed: world.signed,
        elapsed: world.elapsed(),
        heard: world.heard(),
        ...(compiled.source === null ? {} : { ended }),
        ...(usage === undefined ? {} : { usage }),
      };
    },
    async runScript({ source, grants }) {
      begin();
      const run = await runtime.run({
        source,
        filename: script,
        grants: { testing: true, ...grants },
        world: createWorld(scriptWorld),
      });
      return run.result ?? null;
    },
    async close() {
      const all = [runtime, ...(await Promise.all(limited.values()))];
      await Promise.all(all.map((one) => one.close()));
    },
  };
}

/** What a run of the interpreter left, or why it did not run. */
function innerOf(ended: Outcome): InnerTrace {
  return "value" in ended ? (ended.value as InnerTrace) : { ...untouched, unprepared: ended.error };
}

const untouched: InnerTrace = { unprepared: null, steps: [], values: {}, calls: {}, storage: {}, audit: [] };

/** The pipeline of a case: the modules that it calls, and the interpreter. */
function sourceFor(compiled: Compiled): string {
  const names = modulesNamed(compiled);
  return [
    `import { interpret } from "./interpret.js";`,
    `import { clock_advance } from "std/testing";`,
    ...names.map((name) => `import * as ${name} from ${JSON.stringify(specifierOf(name))};`),
    `const modules = { ${names.join(", ")} };`,
    "const advance = (seconds) => clock_advance(seconds * 1000);",
    "export default (program) => interpret({ modules, advance }, program);",
  ].join("\n");
}
