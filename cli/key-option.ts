/**
 * Where the key of a file comes from, as the command line says it. Keys themselves never stand there: others can read a command line.
 *
 * @module
 */

import type { KeyOption } from "../stdlib/oauth/storage/keys/key-source.ts";
import { UsageError } from "./usage-error.ts";

/** For the help of options that take one. */
export const keyForms = "env:NAME, passphrase-env:NAME, file:PATH or keychain";

/**
 * Reads `env:NAME`, `passphrase-env:NAME`, `file:PATH` or `keychain`.
 * Throws UsageError, which never shows what was given: it may be a key.
 */
export function keyOption(
  option: string,
  words: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): KeyOption {
  if (words === "keychain") return { keychain: true };
  const [, form, rest = ""] = /^(env|passphrase-env|file):(.+)$/s.exec(words) ?? [];
  if (form === "file") return { keyFile: rest };
  if (form === undefined)
    throw new UsageError(`${option} says where the key is: ${keyForms}; never the key itself`);
  const value = env[rest];
  if (value === undefined || value === "")
    throw new UsageError(`${option}: the environment variable it names is not set`);
  return form === "env" ? value : { passphrase: value };
}

/** The environment variable that such words name; null for none. */
export function keyVariable(words: string): string | null {
  return /^(?:passphrase-)?env:(.+)$/s.exec(words)?.[1] ?? null;
}

/** For options that are repeated: the words so far. */
export function collected(words: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, words];
}
