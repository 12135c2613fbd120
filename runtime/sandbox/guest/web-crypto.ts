/**
 * `crypto`: random values only, no `subtle`.
 *
 * @module
 */

import { DOMException } from "./dom-exception.ts";
import { callPlain } from "./door.ts";
import { put } from "./own-members.ts";
import {
  BytesClass,
  isView,
  tagSymbol,
  viewBuffer,
  viewOffset,
  viewSet,
  viewSize,
  viewTag,
} from "./primordials.ts";
import { integerViews } from "./typed-arrays.ts";

/** The global `crypto`. The bytes come from the host. */
export const cryptoObject = {
  getRandomValues<T>(array: T): T {
    const tag = isView(array) ? viewTag(array) : undefined;
    if (tag === undefined || integerViews[tag] !== true) {
      throw new DOMException(
        "getRandomValues: the argument must be a typed array of integers",
        "TypeMismatchError",
      );
    }
    const size = viewSize(array);
    if (size > 65_536) {
      throw new DOMException("getRandomValues: at most 65536 bytes at a time", "QuotaExceededError");
    }
    const random = callPlain("std/crypto#random_bytes", [size]) as Uint8Array;
    viewSet(new BytesClass(viewBuffer(array), viewOffset(array), size), random);
    return array;
  },
  randomUUID(): string {
    return callPlain("std/crypto#random_uuid", []) as string;
  },
};
put(cryptoObject, tagSymbol, "Crypto", false);
