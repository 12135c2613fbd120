/**
 * Part of the build: writes the image of the template that the command runs scripts in, and every embedder who adds `oauth()`
 * alone, with the stack that is the default.
 *
 * @module
 */

import { createEngine } from "../../runtime/sandbox/engine.ts";
import { engineCode } from "../../runtime/sandbox/engine-code.ts";
import { engineDigest } from "../../runtime/sandbox/engine-digest.ts";
import { guestSources } from "../../runtime/sandbox/guest-sources.ts";
import { limitTable } from "../../runtime/sandbox/limits.ts";
import { preludeOf } from "../../runtime/sandbox/runner.ts";
import { writeImage } from "../../runtime/sandbox/shipped-image.ts";
import { collectModules, guestModule } from "../../runtime/sandbox/std-modules.ts";
import { std } from "../../runtime/std/index.ts";
import type { Ports } from "../../runtime/ports.ts";
import { oauth } from "../../stdlib/oauth/index.ts";

// The modules only close over their ports here: nothing calls them.
const inert = new Proxy({}, { get: () => () => {} }) as Ports;
const modules = collectModules([std(), oauth()], inert);

const sources = guestSources();
for (const [name, module] of modules) sources.set(name, guestModule(name, module).source);
const prelude = preludeOf([...modules.keys()]);
const stack = limitTable.stack.default;
const engine = await createEngine(
  {
    code: engineCode(),
    memory: limitTable.memory.default,
    stack,
    door: () => undefined,
    source: (name) => sources.get(name) ?? null,
    resolve: (_base, specifier) =>
      specifier.startsWith("./") ? `holdfast:guest/${specifier.slice(2)}` : specifier,
    interrupted: () => false,
  },
  prelude,
);
writeImage({ engine: engineDigest(), stack, prelude, sources }, engine.image());
