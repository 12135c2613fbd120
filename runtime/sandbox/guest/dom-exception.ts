/**
 * `DOMException` (WebIDL, 2.8.1), with the names that the globals here throw.
 *
 * @module
 */

import { put } from "./own-members.ts";
import { ErrorClass, tagSymbol } from "./primordials.ts";
import { domText } from "./webidl.ts";

const legacyCodes: Record<string, number> = {
  __proto__: null,
  InvalidCharacterError: 5,
  TypeMismatchError: 17,
  QuotaExceededError: 22,
  DataCloneError: 25,
} as unknown as Record<string, number>;

/** An error with a name of the standard and the code that once stood for it. */
export class DOMException extends ErrorClass {
  declare readonly code: number;

  constructor(message: unknown = "", name: unknown = "Error") {
    super(domText(message));
    const own = domText(name);
    put(this, "name", own, false);
    put(this, "code", legacyCodes[own] ?? 0, false);
  }
}
put(DOMException.prototype, tagSymbol, "DOMException", false);
