/**
 * Generates what a script imports: for each std module a few lines of guest code that call the door.
 *
 * @module
 */

import { isPlain, type Plugin, type StdModule } from "../plugin.ts";
import type { Ports } from "../ports.ts";

/** A std module as the guest gets it. */
export interface GuestModule {
  readonly specifier: string;
  readonly exports: readonly string[];
  readonly source: string;
}

/** The modules that plugins make for one set of ports. @throws TypeError when two plugins bring the same module. */
export function collectModules(plugins: readonly Plugin[], ports: Ports): ReadonlyMap<string, StdModule> {
  const all = new Map<string, StdModule>();
  for (const plugin of plugins) {
    for (const [specifier, module] of Object.entries(plugin.modules(ports))) {
      if (all.has(specifier)) throw new TypeError(`plugin ${plugin.name}: ${specifier} exists already`);
      all.set(specifier, module);
    }
  }
  return all;
}

/** The guest's source of one std module. */
export function guestModule(specifier: string, module: StdModule): GuestModule {
  // No export can have a name with a $, so none takes the place of these.
  const lines = [
    'import { call as $call, callPlain as $callPlain } from "holdfast:guest/door.js";',
    'import { freeze as $freeze } from "holdfast:guest/primordials.js";',
  ];
  const names = Object.keys(module);
  for (const name of names) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new TypeError(`${specifier}: ${name} cannot be exported`);
    const member = module[name];
    if (typeof member === "function") {
      const send = isPlain(member) ? "$callPlain" : "$call";
      lines.push(`export function ${name}(...args) { return ${send}("${specifier}#${name}", args); }`);
      lines.push(`$freeze(${name});`);
    } else {
      lines.push(`export const ${name} = ${JSON.stringify(member)};`);
    }
  }
  return { specifier, exports: names, source: lines.join("\n") };
}
