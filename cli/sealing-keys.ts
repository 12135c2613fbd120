/**
 * The sealing keys of `holdfast run`, from the environment.
 *
 * @module
 */

import { UsageError } from "./usage-error.ts";

const variable = "HOLDFAST_SEALING_KEYS";

/** 32 bytes in base64url or base64, with or without padding. */
const spelling = /^(?:[\w-]{43}|[A-Za-z0-9+/]{43})=?$/;

/**
 * Takes the keys out of an environment, so that no script and no process started later can read them there. Null when it has none.
 * Throws UsageError, which never shows what stood there.
 */
export function takeSealingKeys(env: Record<string, string | undefined>): readonly Uint8Array[] | null {
  const text = env[variable];
  delete env[variable];
  return text === undefined ? null : text.split(",").map((entry) => sealingKey(entry.trim()));
}

function sealingKey(text: string): Uint8Array {
  const key = Buffer.from(text, "base64");
  // The last character holds two bits that no byte has: only zeros there are a spelling of these bytes.
  const canonical =
    key.toString("base64url") === text.replaceAll("+", "-").replaceAll("/", "_").replace(/=$/, "");
  if (spelling.test(text) && canonical) return new Uint8Array(key);
  throw new UsageError(`${variable} must be keys of 32 bytes in base64url, separated by commas`);
}
