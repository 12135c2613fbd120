/**
 * The command from nothing to its end, beside Node that does nothing.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Row } from "./measure.ts";

const command = fileURLToPath(new URL("../../command/holdfast.cjs", import.meta.url));

/** The row. `folder` is where the script goes. */
export function commandRows(folder: string): readonly Row[] {
  const script = join(folder, "hello.js");
  writeFileSync(script, 'export default () => "hello";\n');
  return [
    {
      name: "the cold command: holdfast run hello.js",
      unit: "ms",
      rounds: 15,
      ours: () => milliseconds([command, "run", script]),
      peers: { "node -e 0": () => milliseconds(["-e", "0"]) },
    },
  ];
}

async function milliseconds(words: readonly string[]): Promise<number> {
  const began = performance.now();
  const [code] = (await once(spawn(process.execPath, words, { stdio: "ignore" }), "close")) as [
    number | null,
  ];
  if (code !== 0) throw new Error(`the command ended with ${code}`);
  return performance.now() - began;
}
