/**
 * Conversions of arguments by WebIDL's rules.
 *
 * @module
 */

import type { Bag } from "./own-members.ts";
import { create, textOf, toWellFormed, TypeErrorClass } from "./primordials.ts";

/** A WebIDL `DOMString`. @throws TypeError for a symbol. */
export function domText(value: unknown): string {
  if (typeof value === "symbol") throw new TypeErrorClass("a symbol cannot become a string");
  return textOf(value);
}

/** A WebIDL `USVString`: text with lone surrogates replaced. */
export function scalarText(value: unknown): string {
  return toWellFormed(domText(value));
}

/** Refuses a call with fewer arguments than the standard wants. @throws TypeError */
export function needs(given: number, wanted: number, what: string): void {
  if (given < wanted) {
    throw new TypeErrorClass(
      what + ": " + wanted + " argument" + (wanted === 1 ? " is" : "s are") + " required",
    );
  }
}

/** The members of an options bag, of which null and undefined count as empty. @throws TypeError for a primitive. */
export function bag(options: unknown): Bag {
  if (options === undefined || options === null) return create(null) as Bag;
  if (typeof options === "object" || typeof options === "function") return options as Bag;
  throw new TypeErrorClass("options must be an object");
}
