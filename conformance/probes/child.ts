/**
 * Processes that a probe starts: a text that is run by Node, or the command.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What became of a process. */
export interface Ended {
  /** Null: it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const compiled = (path: string): string => new URL(`../../${path}`, import.meta.url).href;

/** What a child's module begins with: the functions for plain Node code. */
export const childHead: string = `import { createOAuth } from ${JSON.stringify(compiled("stdlib/oauth/node.js"))};\n`;

/** Starts a module in a process of its own, with this environment and nothing else but PATH. */
export async function startModule(
  folder: string,
  source: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const file = join(folder, "child.mjs");
  await writeFile(file, source);
  return start([file, ...args], folder, env);
}

/** Starts `holdfast` in this folder. */
export function startHoldfast(
  folder: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  return start([fileURLToPath(compiled("cli/main.js")), ...words], folder, env);
}

function start(words: readonly string[], cwd: string, env: Readonly<Record<string, string>>): ChildProcess {
  return spawn(process.execPath, words, {
    cwd,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Waits for the end, with everything that was printed. */
export async function ended(child: ChildProcess): Promise<Ended> {
  const printed = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream]?.setEncoding("utf8").on("data", (text: string) => {
      printed[stream] += text;
    });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { code, ...printed };
}
