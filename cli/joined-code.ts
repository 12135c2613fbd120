/**
 * Loads the joined files of the command with what V8 made of them when the project was built, so that it need not read half a
 * megabyte of source again at each start.
 *
 * V8's code is for one V8 only. What another Node made, or this one under other flags, on another processor or of another
 * build, is passed over, and the source is compiled. Whether the code is the source's is not checked: both come from one build.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { Script } from "node:vm";

interface Loaded {
  readonly exports: unknown;
}

/**
 * The first line of what is kept: whose code it is. The tag stands for V8's version and flags, and the processor's features. Code
 * refers to objects that V8 was built with, so a package of one system must not be taken by that of another, nor by a Node
 * of the same version that was built otherwise: the V8 of Node 20 does not notice.
 */
const builtWith = Object.entries(process.config.variables).filter(([name]) => name.startsWith("v8_"));
const maker = Buffer.from(
  `${process.version} ${process.platform} ${process.arch} ${JSON.stringify(builtWith)} ${cachedDataVersionTag()}\n`,
);

/** What stands around each file. */
type Wrapped = (
  module: Loaded,
  exports: unknown,
  require: (name: string) => unknown,
  importOther: (name: string) => Promise<unknown>,
  file: string,
) => void;

/** The joined files of one folder. */
export interface JoinedCode {
  /** Runs a file once; answers what it exports. */
  load(name: string): unknown;
  /** Writes V8's code of all files that were loaded beside them, functions that ran so far included. For the build. */
  keep(): void;
}

/** The CommonJS files in this folder, which may require each other, packages and modules of Node. */
export function joinedCode(folder: string): JoinedCode {
  const loaded = new Map<string, Loaded>();
  const scripts = new Map<string, Script>();
  const requireOther = createRequire(join(folder, "joined.cjs"));

  const load = (name: string): unknown => {
    const known = loaded.get(name);
    if (known) return known.exports;
    const module: Loaded = { exports: {} };
    loaded.set(name, module);
    const file = join(folder, name);
    const script = compiled(file);
    scripts.set(file, script);
    const run = script.runInThisContext() as Wrapped;
    const require = (other: string): unknown =>
      other.startsWith("./") ? load(other.slice(2)) : requireOther(other);
    run(module, module.exports, require, (other) => import(other), file);
    return module.exports;
  };

  return {
    load,
    keep() {
      for (const [file, script] of scripts)
        writeFileSync(keptOf(file), Buffer.concat([maker, script.createCachedData()]));
    },
  };
}

/** Compiles a file, out of what is kept of it where that is for this V8; `cachedDataRejected` is false when V8 took it. */
export function compiled(filename: string): Script {
  const cachedData = kept(filename);
  const source = readFileSync(filename, "latin1");
  return new Script(`(function (module, exports, require, $import, __filename) {${source}\n})`, {
    filename,
    ...(cachedData ? { cachedData } : {}),
  });
}

function kept(file: string): Buffer | null {
  try {
    const content = readFileSync(keptOf(file));
    return content.subarray(0, maker.length).equals(maker) ? content.subarray(maker.length) : null;
  } catch {
    return null;
  }
}

function keptOf(file: string): string {
  return `${file}.v8`;
}
