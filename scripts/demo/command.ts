/**
 * Runs the real `holdfast` command and keeps all that it writes.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../cli/main.js", import.meta.url));

/** The project's folder. */
export const root: string = fileURLToPath(new URL("../../..", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  /** Resolves with the match as soon as standard error holds it; rejects when the command ends before. */
  stderrMatch(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<Ended>;
}

let started = 0;

/** Starts `holdfast <words>`; when it ends, what it wrote is also in two files in `folder`. */
export function holdfast(words: readonly string[], folder: string, env: Record<string, string>): Command {
  started += 1;
  const name = join(folder, `run-${String(started).padStart(2, "0")}`);
  const child = spawn(process.execPath, [main, ...words], {
    cwd: root,
    env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    stderr += part;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      writeFileSync(`${name}.stdout`, stdout);
      writeFileSync(`${name}.stderr`, stderr);
      resolve({ code, stdout, stderr });
    });
  });
  return {
    ended,
    stderrMatch: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(stderr);
          if (match) resolve(match);
        };
        child.stderr.on("data", look);
        child.once("close", () =>
          reject(new Error(`the command ended without ${pattern.source}:\n${stderr}`)),
        );
        look();
      }),
  };
}
