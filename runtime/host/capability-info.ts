/**
 * What a std module may know of a capability without calling it.
 *
 * @module
 */

import type { CapabilityInfo } from "../ports.ts";

const ids = new WeakMap<object, string>();
let last = 0;

/** Describes the object that the embedder gave as a capability, or undefined when there is none of that name. */
export function capabilityInfo(capability: object | undefined): CapabilityInfo {
  if (capability === undefined) return { id: "", offers: () => false };
  const id = ids.get(capability) ?? String(++last);
  ids.set(capability, id);
  return { id, offers: (operation) => Object.hasOwn(capability, operation) };
}
