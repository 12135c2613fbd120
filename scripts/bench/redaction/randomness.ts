/**
 * Texts out of a seeded source of numbers.
 *
 * @module
 */

import type { Random } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";

/** A whole number from `least` up to and including `most`. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

/** One of some. */
export function oneOf<T>(random: Random, choices: readonly T[]): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new RangeError("nothing to choose from");
  return choice;
}

/** So many bytes. */
export function bytes(random: Random, length: number): Buffer {
  const made = Buffer.alloc(length);
  for (let i = 0; i < length; i++) made[i] = random() * 256;
  return made;
}

/** So many hexadecimal digits, an even number. */
export function hex(random: Random, length: number): string {
  return bytes(random, length / 2).toString("hex");
}

/** A UUID of version 4 (RFC 9562 §5.4). */
export function uuid(random: Random): string {
  const digits = hex(random, 32);
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`;
}
