/**
 * Reads the guest's own code, which is compiled beside this file and runs in the sandbox only.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("./guest/", import.meta.url);

/** The guest's files as text, by the name that the sandbox knows them by: `holdfast:guest/door.js`, … */
export function guestSources(): Map<string, string> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".js") && !name.includes(".test."));
  return new Map(
    files.map((name) => [`holdfast:guest/${name}`, readFileSync(new URL(name, folder), "utf8")]),
  );
}
