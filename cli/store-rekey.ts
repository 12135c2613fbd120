/**
 * `holdfast store rekey`: other keys for a file.
 *
 * @module
 */

import { fileKeys, OAuthError } from "../stdlib/oauth/node.ts";
import { type ExitCode, exitCodeOf, exitCodes } from "./exit-codes.ts";
import { keyOption } from "./key-option.ts";
import { pathText } from "./path-text.ts";
import type { RekeyOptions } from "./store-command.ts";
import { note, print } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Changes the keys and says what opens the file now. Throws UsageError for a key that is not given rightly. */
export async function rekey({ file, key, newKey, add }: RekeyOptions): Promise<ExitCode> {
  const old = keyOption("--key", key);
  const next = newKey === null ? null : keyOption("--new-key", newKey);
  try {
    if (next === null) await fileKeys.retire(file, old);
    else if (add) await fileKeys.add(file, old, next);
    else await fileKeys.rekey(file, old, next);
  } catch (error) {
    return failed(error);
  }
  const now =
    next === null ? "--key alone opens it" : add ? "both keys open it" : "the new key alone opens it";
  await print(`${pathText(file)}: ${now}`);
  return exitCodes.done;
}

function failed(error: unknown): ExitCode {
  if (!(error instanceof OAuthError)) throw error;
  if (error.code === "HARN-OAU-011") throw new UsageError(`${error.message}. ${error.hint}`);
  note(`holdfast: ${error.code}: ${error.message}`);
  note(`  ${error.hint}`);
  return exitCodeOf(error);
}
