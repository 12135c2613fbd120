/**
 * Where fresh sandboxes come from: an engine that has loaded all std modules and run nothing else is the template, and a
 * run gets that engine as the template was, by a copy of memory.
 *
 * Only an engine that ended in order is put back; any other is dropped, and a new one is made from the template. Between
 * two tenants the whole memory is zeroed first. Where putting back does not do what it should (a self-test at the
 * start tells), every run gets an engine that is built from nothing.
 *
 * @module
 */

import { sharedNow } from "./messages.ts";
import { createEngine, type Engine, type EngineImage, type EngineOptions } from "./engine.ts";

export interface Template {
  /** A fresh engine for a run of this tenant. One must be there: see {@link Template.renew}. */
  take(tenant: string): Engine;
  /** Sees to it, after a run, that there is an engine for the next one. Answers null when there is. */
  renew(): Promise<void> | null;
  /** How long the engine that {@link Template.take} gave last took to make, in microseconds. */
  readonly freshMicroseconds: number;
}

/**
 * Loads a template: from the shipped image where there is one that works, else from the prelude. `once` is for a process that
 * ends after one run: nothing is kept for a next one.
 * @throws Error when the prelude fails.
 */
export async function createTemplate(
  options: EngineOptions,
  prelude: string,
  once: boolean,
  shipped: EngineImage | null = null,
): Promise<Template> {
  let heard: string[] | null = null;
  const engineOptions: EngineOptions = {
    ...options,
    door(text) {
      heard?.push(text);
      return options.door(text);
    },
  };
  const build = async (image: EngineImage | null): Promise<Engine> => {
    const began = sharedNow();
    const built = await createEngine(engineOptions, image ?? prelude);
    if (image) built.reset(image, false);
    freshMicroseconds = microsecondsSince(began);
    return built;
  };

  let freshMicroseconds = 0;
  let engine = await build(shipped);
  let image = shipped ?? (once ? null : engine.image());
  if (image && !works(engine, image)) {
    image = null;
    engine = await build(null);
  }
  /** Whose traces the memory may hold outside the image. */
  let lastTenant: string | null = null;

  /** What a script can see of a realm, as the guest's half says it. */
  function look(engine: Engine): string {
    heard = [];
    engine.runModule(lookAround, "holdfast:main");
    const seen = heard.join("\n");
    heard = null;
    return seen;
  }

  /** Has a side effect that is wanted: V8 compiles what every script needs, which a script should not pay for. */
  function works(engine: Engine, image: EngineImage): boolean {
    try {
      return once ? look(engine) !== "" : resetWorks(engine, image);
    } catch {
      return false;
    }
  }

  function resetWorks(engine: Engine, image: EngineImage): boolean {
    const fresh = look(engine);
    engine.runModule(leaveTraces, "holdfast:main");
    if (fresh === "" || look(engine) === fresh) return false;
    engine.reset(image, true);
    return look(engine) === fresh;
  }

  return {
    take(tenant) {
      if (!image) return engine;
      const began = sharedNow();
      engine.reset(image, lastTenant !== null && lastTenant !== tenant);
      freshMicroseconds = microsecondsSince(began);
      lastTenant = tenant;
      return engine;
    },
    renew() {
      if (image && engine.isIntact()) return null;
      const next = image ? createEngine(engineOptions, image) : build(null);
      return next.then((made) => {
        engine = made;
        lastTenant = null;
      });
    },
    get freshMicroseconds() {
      return freshMicroseconds;
    },
  };
}

function microsecondsSince(began: number): number {
  return Math.round((sharedNow() - began) * 1000);
}

const lookAround = `
  import { finish } from "holdfast:guest/door.js";
  const own = (object) => Object.getOwnPropertyNames(object).join();
  finish({ result: [own(globalThis), own(Object.prototype), own(Array.prototype), typeof JSON.parse] });
`;

const leaveTraces = `
  globalThis.trace = { pending: new Promise(() => {}) };
  Object.prototype.trace = Array.prototype.trace = "x".repeat(100_000);
  delete JSON.parse;
`;
