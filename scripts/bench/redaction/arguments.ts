/**
 * What the command is told.
 *
 * @module
 */

import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** The options. */
export interface Arguments {
  readonly isFull: boolean;
  readonly json: boolean;
  readonly corpus: string | null;
  readonly misses: string | null;
  readonly showHits: boolean;
}

/** Reads them. @throws TypeError for an option that does not exist. */
export function readArguments(words: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...words],
    options: {
      full: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      corpus: { type: "string" },
      misses: { type: "string" },
      "show-hits": { type: "boolean", default: false },
    },
  });
  return {
    isFull: values.full,
    json: values.json,
    corpus: values.corpus === undefined ? null : resolve(values.corpus),
    misses: values.misses === undefined ? null : resolve(values.misses),
    showHits: values["show-hits"],
  };
}
