/**
 * What an engine costs in its own thread: putting it back, making another, and what an idle one holds.
 *
 * Each function measures once and answers a median. All std modules, those of OAuth included, are loaded.
 *
 * @module
 */

import { collectModules, guestModule } from "../../../runtime/sandbox/std-modules.ts";
import {
  createEngine,
  type Engine,
  type EngineImage,
  type EngineOptions,
} from "../../../runtime/sandbox/engine.ts";
import { engineCode } from "../../../runtime/sandbox/engine-code.ts";
import { guestSources } from "../../../runtime/sandbox/guest-sources.ts";
import { preludeOf } from "../../../runtime/sandbox/runner.ts";
import { std } from "../../../runtime/std/index.ts";
import type { Ports } from "../../../runtime/ports.ts";
import { oauth } from "../../../stdlib/oauth/index.ts";
import { median } from "../measure.ts";
import { echoPlugin } from "../sandbox-rows.ts";

const rounds = 300;
const MiB = 1_048_576;
const importAndCall = 'import { now } from "std/bench"; now(1);';

/** The idle engines, so that none is collected before the process is measured again. */
const held: Engine[] = [];

/** An engine with all std modules whose plain calls answer 1 at once, and its image. */
export interface Subject {
  readonly options: EngineOptions;
  readonly prelude: string;
  readonly engine: Engine;
  readonly image: EngineImage;
}

/** The std modules as the guest gets them, by specifier. */
export function stdSources(): ReadonlyMap<string, string> {
  // The modules only close over their ports here: nothing calls them.
  const modules = collectModules([std(), oauth(), echoPlugin], inertPorts());
  return new Map([...modules].map(([name, module]) => [name, guestModule(name, module).source]));
}

/** Makes what the functions below measure. */
export async function makeSubject(): Promise<Subject> {
  const sources = new Map([...guestSources(), ...stdSources()]);
  const options: EngineOptions = {
    code: engineCode(),
    memory: 32 * MiB,
    stack: 192 * 1024,
    door: (text) => (text.startsWith('{"k":"plain"') ? '{"v":1}' : undefined),
    source: (name) => sources.get(name) ?? null,
    resolve: (_base, specifier) =>
      specifier.startsWith("./") ? `holdfast:guest/${specifier.slice(2)}` : specifier,
    interrupted: () => false,
  };
  const prelude = preludeOf([...stdSources().keys()]);
  const engine = await createEngine(options, prelude);
  return { options, prelude, engine, image: engine.image() };
}

/** Microseconds to put an engine back to its template. */
export function reset({ engine, image }: Subject): number {
  return medianMicroseconds(() => engine.reset(image, false));
}

/** Microseconds to zero the whole memory and put it back, between two tenants. */
export function resetBetweenTenants({ engine, image }: Subject): number {
  return medianMicroseconds(() => engine.reset(image, true));
}

/** Microseconds for a fresh engine, the import of a std module and one plain host call. */
export function resetImportAndCall({ engine, image }: Subject): number {
  return medianMicroseconds(() => {
    engine.reset(image, false);
    engine.runModule(importAndCall, "pipeline.js");
  });
}

/** Microseconds for a new engine out of the template, where the last one had to be dropped. */
export async function engineFromImage({ options, image }: Subject): Promise<number> {
  return await medianOf(20, () => createEngine(options, image));
}

/** Microseconds for an engine that is built from the std modules' sources. */
export async function engineFromSources({ options, prelude }: Subject): Promise<number> {
  return await medianOf(20, () => createEngine(options, prelude));
}

/**
 * MiB by which the process grows for `count` more engines that wait for a run: new ones, or (`used`) ones that ran a script.
 * A new one is filled when a run takes it.
 */
export async function idleGrowth({ options, image }: Subject, count: number, used: boolean): Promise<number> {
  const before = process.memoryUsage.rss();
  for (let made = 0; made < count; made += 1) {
    const engine = await createEngine(options, image);
    if (used) {
      engine.reset(image, false);
      engine.runModule(importAndCall, "pipeline.js");
    }
    held.push(engine);
  }
  return (process.memoryUsage.rss() - before) / MiB;
}

function medianMicroseconds(work: () => unknown): number {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    work();
    times.push((performance.now() - began) * 1000);
  }
  return median(times);
}

async function medianOf(count: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < count; round += 1) {
    const began = performance.now();
    await work();
    times.push((performance.now() - began) * 1000);
  }
  return median(times);
}

/** Ports for plugins that are asked for the names of their functions only. */
function inertPorts(): Ports {
  return new Proxy({}, { get: () => () => {} }) as Ports;
}
