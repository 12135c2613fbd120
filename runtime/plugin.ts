/**
 * How a library gives scripts a std module.
 *
 * @module
 */

import type { Json, Ports, Redactor } from "./ports.ts";

/** A function that a script can call. Marked with {@link plain} it answers at once; otherwise the script gets a promise. */
// Parameters are checked by the function itself, since a script can pass anything.
export type StdFunction = (...args: never[]) => unknown;

/** A std module: functions and constants by their exported names. */
export type StdModule = Readonly<Record<string, StdFunction | Json>>;

/** A capability's operations by name. Each takes one value from outside, which it checks itself. */
export type Operations = Readonly<Record<string, (params: never) => unknown>>;

/** A set of std modules. A plain object; {@link definePlugin} only checks its type. */
export interface Plugin {
  /** Shown in diagnostics. */
  readonly name: string;
  /**
   * Makes the modules for one run, by specifier (`std/oauth/client`). Called once more when the runtime starts,
   * to learn the names, so it must do nothing but build functions.
   */
  modules(ports: Ports): Readonly<Record<string, StdModule>>;
  /** The redactor that every sink of the runtime uses. At most one plugin brings one. */
  readonly redactor?: Redactor;
  /**
   * Keys of 32 bytes for sealed tokens: the first seals, all open. Without them the runtime makes a random one, and capsules
   * end with it. At most one plugin brings them.
   */
  readonly sealingKeys?: readonly Uint8Array[];
  /** Capabilities that come with the plugin, by name: as the option `capabilities` of the runtime, and granted like those. */
  readonly capabilities?: Readonly<Record<string, Operations>>;
}

/** Gives a plugin its type. */
export function definePlugin<const P extends Plugin>(plugin: P): P {
  return plugin;
}

const plainFunctions = new WeakSet<object>();

/** Marks a function as plain: it neither waits nor calls guest functions, and the script gets its value at once. */
export function plain<F extends StdFunction>(fn: F): F {
  plainFunctions.add(fn);
  return fn;
}

/** True for a function that {@link plain} marked. */
export function isPlain(fn: StdFunction): boolean {
  return plainFunctions.has(fn);
}

const hostOnlyOperations = new WeakSet<object>();

/**
 * Marks a capability whose operations are for std modules, because they answer secrets: `capability()` makes no module of
 * it for scripts.
 */
export function hostOnly<O extends object>(operations: O): O {
  hostOnlyOperations.add(operations);
  return operations;
}

/** True for operations that {@link hostOnly} marked. */
export function isHostOnly(operations: object): boolean {
  return hostOnlyOperations.has(operations);
}
