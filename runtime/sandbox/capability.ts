/**
 * Capabilities: what an embedder gives scripts beside the std modules.
 *
 * @module
 */

import { RunError } from "../host/run-error.ts";
import { definePlugin, isHostOnly, type Operations, type Plugin, type StdModule } from "../plugin.ts";
import { capabilityModule } from "./module-name.ts";
import type { Capability } from "./run-ports.ts";

/** Words that cannot be the name of a function. */
const reserved: ReadonlySet<string> = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends " +
    "false finally for function if implements import in instanceof interface let new null package private protected " +
    "public return static super switch this throw true try typeof var void while with yield"
  ).split(" "),
);

/**
 * Gives scripts operations of the embedder's own: a plugin with the module `std/capability/<name>`, whose async functions
 * take one value of data and answer what the operation answers. A run needs the capability in its grants; without,
 * importing the module is HARN-RUN-010. Under `testing` the functions are answered by `host_mock`.
 *
 * Throws HARN-RUN-015 when the name is not letters, digits, `_` and `-`, an operation is no function or cannot be
 * exported under its name, or the operations are for std modules only (as those of a token store).
 */
export function capability(name: string, operations: Operations): Plugin {
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) {
    throw invalid("the name must begin with a letter and consist of letters, digits, _ and -");
  }
  if (isHostOnly(operations)) {
    throw invalid(`${name} is for std modules only; give it in the option capabilities`);
  }
  // Copied, so that what is judged here is what runs.
  const given: Operations = Object.freeze({ ...operations });
  const names = Object.keys(given);
  if (names.length === 0) throw invalid(`${name} has no operations`);
  for (const operation of names) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(operation) || reserved.has(operation)) {
      throw invalid(`${name}.${operation} cannot be the name of a function`);
    }
    if (typeof given[operation] !== "function") throw invalid(`${name}.${operation} is not a function`);
  }
  return definePlugin({
    name: `capability ${name}`,
    modules: (ports): Record<string, StdModule> => ({
      [capabilityModule(name)]: Object.fromEntries(
        names.map((operation) => [
          operation,
          async (...args: unknown[]): Promise<unknown> => {
            if (args.length > 1) {
              throw new RunError("HARN-RUN-015", `${capabilityModule(name)}: ${operation} takes one value`);
            }
            return await ports.capability(name, operation, args[0]);
          },
        ]),
      ),
    }),
    capabilities: { [name]: given },
  });
}

/** The capabilities of plugins and of the runtime's own option. @throws TypeError when two bring the same one. */
export function collectCapabilities(
  plugins: readonly Plugin[],
  own: Readonly<Record<string, Capability>>,
): Readonly<Record<string, Capability>> {
  const all = new Map<string, Capability>(Object.entries(own));
  for (const plugin of plugins) {
    for (const [name, operations] of Object.entries(plugin.capabilities ?? {})) {
      if (all.has(name)) throw new TypeError(`plugin ${plugin.name}: the capability ${name} exists already`);
      all.set(name, operations);
    }
  }
  return Object.fromEntries(all);
}

function invalid(problem: string): RunError {
  return new RunError("HARN-RUN-015", `capability: ${problem}`);
}
