/**
 * Applies mutants to a copy of the compiled files and runs the conformance suite on each.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutant.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export interface Verdict {
  readonly mutant: Mutant;
  /** The case that caught it; null: missed. */
  readonly caughtBy: string | null;
  /** That case, or why it was missed. */
  readonly note: string;
  readonly ms: number;
}

/** Judges mutants one after another. One whose text is not there exactly once counts as missed. @throws Error when the suite fails without any. */
export async function checkMutants(
  list: readonly Mutant[],
  onVerdict: (verdict: Verdict) => void = () => {},
): Promise<readonly Verdict[]> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-mutants-"));
  try {
    for (const room of ["runtime", "stdlib", "conformance", "cli"])
      cpSync(join(root, "dist", room), join(folder, "dist", room), {
        recursive: true,
        filter: (path) => !/\.test\.|\.map$|\.d\.ts$/.test(path),
      });
    cpSync(join(root, "fixtures"), join(folder, "fixtures"), { recursive: true });
    cpSync(join(root, "package.json"), join(folder, "package.json"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
    const broken = await firstFailure(folder);
    if (broken !== null) throw new Error(`the suite fails without any mutant: ${broken}`);
    const verdicts: Verdict[] = [];
    for (const mutant of list) {
      const verdict = await judge(folder, mutant);
      verdicts.push(verdict);
      onVerdict(verdict);
    }
    return verdicts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function judge(folder: string, mutant: Mutant): Promise<Verdict> {
  const path = join(folder, "dist", mutant.file);
  const original = readFileSync(path, "utf8");
  const parts = original.split(mutant.find);
  if (parts.length !== 2)
    return {
      mutant,
      caughtBy: null,
      note: `its text occurs ${parts.length - 1} times in ${mutant.file}`,
      ms: 0,
    };
  const began = performance.now();
  writeFileSync(path, parts.join(mutant.replace));
  try {
    const caughtBy = await firstFailure(folder);
    return { mutant, caughtBy, note: caughtBy ?? "no case fails", ms: Math.round(performance.now() - began) };
  } finally {
    writeFileSync(path, original);
  }
}

/** Host mode is the faster one, and what it misses only the sandbox can show. */
async function firstFailure(folder: string): Promise<string | null> {
  return (await failureIn(folder, "host")) ?? (await failureIn(folder, "guest"));
}

async function failureIn(folder: string, mode: string): Promise<string | null> {
  const words = [join(folder, "dist/cli/main.js"), "conformance", "--bail", "--mode", mode];
  const child = spawn(process.execPath, words, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (status === 0) return null;
  return /^FAILED (\S+ \(\w+\))/m.exec(output)?.[1] ?? `(the command failed: ${output.trim().slice(0, 200)})`;
}
