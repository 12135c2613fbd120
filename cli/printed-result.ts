/**
 * What a script returned, as it may be printed.
 *
 * @module
 */

import { parseCapsule } from "../runtime/host/capsule.ts";
import type { Redactor } from "../runtime/ports.ts";

/**
 * The redacted result. Sealed tokens stay, whatever their members are called: they are made to be handed on, and a later
 * command with the same sealing keys opens them.
 */
export function printedResult(redactor: Redactor, result: unknown): unknown {
  const sealed = (text: string): boolean => parseCapsule(text) !== null && redactor.redact(text) === text;
  const withSealed = (original: unknown, redacted: unknown): unknown => {
    if (typeof original === "string") return sealed(original) ? original : redacted;
    if (!isObject(original) || !isObject(redacted)) return redacted;
    if (Array.isArray(redacted)) return redacted.map((entry, at) => withSealed(original[at], entry));
    return Object.fromEntries(
      Object.entries(redacted).map(([name, value]) => [
        name,
        Object.hasOwn(original, name) ? withSealed(original[name], value) : value,
      ]),
    );
  };
  return withSealed(result, redactor.redactValue(result));
}

function isObject(value: unknown): value is Readonly<Record<string | number, unknown>> {
  return typeof value === "object" && value !== null;
}
