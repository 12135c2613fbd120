/**
 * The classes of typed arrays by name.
 *
 * @module
 */

import { create, indexOf } from "./primordials.ts";

type ViewClass = new (buffer: ArrayBuffer, at: number, length: number) => ArrayBufferView;

/** The class of a typed array by its tag. */
export const viewClasses = create(null) as Record<string, ViewClass>;
/** The tags of those that hold integers. */
export const integerViews = create(null) as Record<string, true>;
const scope = globalThis as unknown as Record<string, unknown>;
for (const name of [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "BigInt64Array",
  "BigUint64Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
]) {
  if (typeof scope[name] !== "function") continue;
  viewClasses[name] = scope[name] as ViewClass;
  if (indexOf(name, "Float") === -1) integerViews[name] = true;
}
