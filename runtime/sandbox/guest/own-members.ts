/**
 * Lists and members that are read and written without running code of the script.
 *
 * @module
 */

import { defineProperty, getOwnPropertyDescriptor, hasOwn, setPrototypeOf } from "./primordials.ts";

/** A value of the script as an object whose members may be anything. */
export type Bag = Record<PropertyKey, unknown>;

/** A list without a prototype: reading and writing it runs no code of the script. It has no methods. */
export function list<T>(): T[] {
  return setPrototypeOf([], null) as T[];
}

/**
 * Defines a writable, configurable member. Past it, no setter of a prototype is asked, and no `get` or `set` that the
 * script gave all objects is taken for a part of the description.
 */
export function put(target: object, name: PropertyKey, value: unknown, enumerable: boolean): void {
  defineProperty(target, name, {
    __proto__: null,
    value,
    writable: true,
    enumerable,
    configurable: true,
  } as PropertyDescriptor);
}

/** The value of an own data member; undefined for an accessor, which is the script's code. */
export function ownData(target: object, name: PropertyKey): unknown {
  const own = getOwnPropertyDescriptor(target, name);
  return own !== undefined && hasOwn(own, "value") ? own.value : undefined;
}
