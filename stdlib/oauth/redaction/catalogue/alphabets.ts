/**
 * The sets of characters that tokens are made of, and the stretches that several formats share.
 *
 * @module
 */

import type { Stretch } from "../token-shape.ts";

/** Decimal digits. */
export const digits = "0-9";

/** Hexadecimal digits in lower case. */
export const lowerHex = "0-9a-f";

/** Hexadecimal digits in either case. */
export const hex = "0-9A-Fa-f";

/** Digits and small letters. */
export const lowerAlphanumeric = "0-9a-z";

/** Digits and capital letters. */
export const upperAlphanumeric = "0-9A-Z";

/** Base 62: letters and digits. */
export const alphanumeric = "A-Za-z0-9";

/** Letters, digits and the underscore. */
export const word = "A-Za-z0-9_";

/** Base64 with the safe alphabet, without padding (RFC 4648 §5). */
export const base64url = "A-Za-z0-9_-";

/** Base64 without padding (RFC 4648 §4). */
export const base64 = "A-Za-z0-9+/";

/** What a run of base64url segments and the dots between them is made of. */
export const dotted = ".A-Za-z0-9_-";

/** Base64 with padding, as it stands in a text or percent-encoded in a URL. */
export const encodedBase64 = "A-Za-z0-9+/=%_-";

/** The digits of a Bech32 text (BIP 173). */
export const bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/** The digits of base 58. */
export const base58 = "1-9A-HJ-NP-Za-km-z";

/** Stretches as long as those of a UUID, of digits and small letters. */
export const likeUuid: readonly (Stretch | string)[] = [8, 4, 4, 4, 12].flatMap((length, i) => [
  ...(i === 0 ? [] : ["-"]),
  { of: lowerAlphanumeric, length },
]);

/** A UUID in either case (RFC 9562 §4). */
export const uuid: readonly (Stretch | string)[] = [
  { of: hex, length: 8 },
  "-",
  { of: hex, length: 4 },
  "-",
  { of: hex, length: 4 },
  "-",
  { of: hex, length: 4 },
  "-",
  { of: hex, length: 12 },
];
