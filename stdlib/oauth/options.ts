/**
 * Options objects are closed: what is not on the list is refused, with the nearest valid name.
 *
 * @module
 */

import { nearest } from "../../runtime/nearest.ts";
import { OAuthError } from "./errors.ts";

/**
 * A null-prototype copy of an options object's own data properties; `undefined` values are left out, and no object at
 * all (`undefined`, `null`) is an empty one. `module` is the name after `std/oauth/`, `fn` the function whose options
 * these are.
 *
 * @throws OAuthError HARN-OAU-011 when `given` is not a plain object, has an accessor, or has a name that is not in
 * `allowed`; the message then names it, where it reads like a name of ours, and the nearest allowed one.
 */
export function closedOptions(
  module: string,
  fn: string,
  given: unknown,
  allowed: readonly string[],
): Record<string, unknown> {
  const copy = Object.create(null) as Record<string, unknown>;
  if (given === undefined || given === null) return copy;
  if (typeof given !== "object" || Array.isArray(given)) {
    throw new OAuthError(
      "HARN-OAU-011",
      `std/oauth/${module}: ${fn}: options must be an object`,
      `Pass the options of ${fn} as one object.`,
    );
  }
  for (const name of Object.keys(given)) {
    if (!allowed.includes(name)) throw unknownOption(module, fn, name, allowed);
    const property = Object.getOwnPropertyDescriptor(given, name);
    if (!property || !("value" in property)) {
      throw new OAuthError(
        "HARN-OAU-011",
        `std/oauth/${module}: ${fn}: option "${name}" must be a value, not an accessor`,
        `Give "${name}" as a plain value.`,
      );
    }
    if (property.value !== undefined) copy[name] = property.value;
  }
  return copy;
}

function unknownOption(module: string, fn: string, name: string, allowed: readonly string[]): OAuthError {
  const near = nearest(name, allowed);
  // Longer or other keys are data in the wrong place, not misspelt names.
  const shown = /^[A-Za-z_][A-Za-z0-9_]{0,31}$/.test(name) ? ` "${name}"` : "";
  return new OAuthError(
    "HARN-OAU-011",
    `std/oauth/${module}: ${fn}: unknown option${shown}${near === null ? "" : `; did you mean "${near}"?`}`,
    allowed.length === 0 ? `${fn} takes no options.` : `The options of ${fn} are: ${allowed.join(", ")}.`,
  );
}
