/**
 * Applies mutants to a copy of the compiled files and runs the conformance suite on each.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadCases } from "../../conformance/load-cases.ts";
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

/** How long the cases of one rule may run, in ms: a sandbox with a fault may never end. */
const longest = 60_000;

/** Copies that are judged in at once. */
const hands = 2;

/** Judges mutants. One whose text is not there exactly once counts as missed. @throws Error when the suite fails without any. */
export async function checkMutants(
  list: readonly Mutant[],
  onVerdict: (verdict: Verdict) => void = () => {},
): Promise<readonly Verdict[]> {
  const folders = Array.from({ length: Math.min(hands, list.length) }, copyOfLibrary);
  try {
    const used = list.some(({ rows }) => rows === undefined) ? ordinaryCases : [];
    const cases = [...used, ...new Set(list.flatMap(({ rows = [] }) => rows))];
    const broken = await firstFailure(folders[0] ?? "", cases);
    if (broken !== null) throw new Error(`the suite fails without any mutant: ${broken}`);
    const verdicts = new Map<Mutant, Verdict>();
    const left = list.values();
    await Promise.all(
      folders.map(async (folder) => {
        for (const mutant of left) {
          const verdict = await judge(folder, mutant);
          verdicts.set(mutant, verdict);
          onVerdict(verdict);
        }
      }),
    );
    return list.flatMap((mutant) => verdicts.get(mutant) ?? []);
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

const runSingleFiles = `import { main } from "./program.js";
process.exit(await main(process.argv.slice(2)));
`;

/** A copy of the compiled files that can be run. */
function copyOfLibrary(): string {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-mutants-"));
  for (const room of ["runtime", "stdlib", "conformance", "cli"])
    cpSync(join(root, "dist", room), join(folder, "dist", room), {
      recursive: true,
      filter: (path) => !/\.test\.|\.map$|\.d\.ts$/.test(path),
    });
  // The build joins the command's files into one that knows nothing of a mutant; here it runs from the single files.
  writeFileSync(join(folder, "dist/cli/main.js"), runSingleFiles);
  cpSync(join(root, "fixtures"), join(folder, "fixtures"), { recursive: true });
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  return folder;
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
    const caughtBy = await (mutant.rows === undefined
      ? firstFailure(folder, ordinaryCases)
      : firstFailure(folder, mutant.rows, longest));
    return { mutant, caughtBy, note: caughtBy ?? "no case fails", ms: Math.round(performance.now() - began) };
  } finally {
    writeFileSync(path, original);
  }
}

/** Host mode is the faster one, and what it misses only the sandbox can show. */
async function firstFailure(
  folder: string,
  cases: readonly string[],
  limit?: number,
): Promise<string | null> {
  return (await failureIn(folder, cases, "host", limit)) ?? (await failureIn(folder, cases, "guest", limit));
}

/** The folders of cases beside the attack table. */
const ordinaryCases: readonly string[] = readdirSync(join(root, "fixtures/cases"))
  .filter((name) => name !== "attacks")
  .map((name) => `${name}/`);

async function failureIn(
  folder: string,
  cases: readonly string[],
  mode: string,
  timeout?: number,
): Promise<string | null> {
  const words = [join(folder, "dist/cli/main.js"), "conformance", ...cases, "--bail", "--mode", mode];
  const child = spawn(process.execPath, words, {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    timeout,
    killSignal: "SIGKILL",
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  // Rows that are for one mode only leave nothing to run in the other.
  if (status === 0 || output.includes("the filter selects no case")) return null;
  const failed = /^FAILED (\S+ \(\w+\))/m.exec(output)?.[1];
  if (failed !== undefined) return failed;
  // A fault that ends the process, or never ends, is seen by the one case that ran.
  const [only, ...others] = loadCases().filter(({ name }) => cases.some((part) => name.includes(part)));
  if (only !== undefined && others.length === 0) return `${only.name} (${mode})`;
  return `(the command failed: ${output.trim().slice(0, 200)})`;
}
