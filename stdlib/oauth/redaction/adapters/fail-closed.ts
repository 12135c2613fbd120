/**
 * What an adapter asks of a redactor, and the rule that a redactor which fails shows nothing.
 *
 * @module
 */

import type { Redactor } from "../../../../runtime/ports.ts";
import { placeholder, utf8Length } from "../placeholder.ts";

/** The part of a redactor that an adapter calls. */
export type Redacts = Pick<Redactor, "redact" | "redactValue">;

/** What an adapter is made over. With `fork` it is also tried with a value that only the redactor knows. */
export type AdapterRedactor = Redacts & Partial<Pick<Redactor, "fork">>;

/** The placeholder for `bytes` UTF-8 bytes that could not be scanned. */
export function unscannable(bytes: number): string {
  return placeholder("unscannable", bytes);
}

/** The same redactor, but a failure becomes `<redacted:unscannable:LEN>` (LEN is 0 for a value that is no text). Never throws. */
export function failClosed(redactor: Redacts): Redacts {
  return {
    redact(text) {
      try {
        const shown: unknown = redactor.redact(text);
        if (typeof shown === "string") return shown;
      } catch {
        // What could not be scanned is not shown.
      }
      return unscannable(typeof text === "string" ? utf8Length(text) : 0);
    },
    redactValue(value) {
      try {
        return redactor.redactValue(value);
      } catch {
        return unscannable(0);
      }
    },
  };
}
