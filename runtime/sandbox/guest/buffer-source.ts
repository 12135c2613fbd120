/**
 * WebIDL's `BufferSource`: an ArrayBuffer or a view of one.
 *
 * @module
 */

import {
  bufferSize,
  BytesClass,
  dataViewBuffer,
  dataViewOffset,
  dataViewSize,
  hasBrand,
  isView,
  viewBuffer,
  viewOffset,
  viewSize,
  viewTag,
} from "./primordials.ts";

/** The bytes that an ArrayBuffer, typed array or DataView covers; null for anything else. */
export function bytesOf(source: unknown): Uint8Array | null {
  if (isView(source)) {
    return viewTag(source) === undefined
      ? new BytesClass(dataViewBuffer(source), dataViewOffset(source), dataViewSize(source))
      : new BytesClass(viewBuffer(source), viewOffset(source), viewSize(source));
  }
  return isBuffer(source) ? new BytesClass(source) : null;
}

/** True for an ArrayBuffer, whatever its prototype. */
export function isBuffer(value: unknown): value is ArrayBuffer {
  return hasBrand(bufferSize, value);
}
