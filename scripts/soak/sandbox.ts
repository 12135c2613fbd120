/**
 * Very many runs in one runtime, some of them attacks: nothing is lost, nothing is left behind, and memory stays flat.
 *
 * @module
 */

import { createRuntime, RunError, type Runtime } from "../../runtime/index.ts";
import { seededRandom } from "../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { attacks, cleanRealm, type SoakScript, worker } from "./sandbox-scripts.ts";

/** What is to be done. */
export interface SandboxSoak {
  readonly runs: number;
  /** The same seed gives the same scripts, in the same order. */
  readonly seed: number;
  /** Told now and then how many runs are over. */
  readonly onProgress?: (done: number) => void;
}

/** What came of it. */
export interface SandboxSoakResult {
  readonly runs: number;
  readonly attacks: number;
  /** The first things that went wrong, one sentence each; empty when nothing did. */
  readonly faults: readonly string[];
  readonly seconds: number;
  /** MiB of the process in the middle of each tenth of the runs. */
  readonly memory: readonly number[];
}

const width = 4;
const tenants = 5;
const attackShare = 0.05;
const mostFaults = 10;
const MiB = 1_048_576;

/** Runs it. */
export async function soakSandbox({ runs, seed, onProgress }: SandboxSoak): Promise<SandboxSoakResult> {
  const random = seededRandom(seed);
  // Nobody waits in vain, also on a machine that has other things to do.
  const runtime = await createRuntime({
    limits: { cpu: 250, grace: 20, wall: 30_000, pendingCalls: 100, log: 100_000, result: 100_000 },
  });
  const faults: string[] = [];
  const fault = (text: string): void => void (faults.length < mostFaults && faults.push(text));
  const seenNumbers = new Set<number>();
  const tenths: number[][] = Array.from({ length: 10 }, () => []);
  let begun = 0;
  let done = 0;
  let attacked = 0;
  const began = performance.now();
  const lane = async (): Promise<void> => {
    while (begun < runs && faults.length < mostFaults) {
      const number = begun++;
      const isAttack = random() < attackShare;
      const script = isAttack ? attacks[Math.floor(random() * attacks.length)] : worker;
      const tenant = `tenant ${Math.floor(random() * tenants)}`;
      if (script === undefined) continue;
      if (isAttack) attacked += 1;
      const wrong = await wrongWith(runtime, script, tenant, number, seenNumbers);
      if (wrong !== null) fault(`run ${number}, ${script.name}: ${wrong}`);
      done += 1;
      if (done % 100 === 0) {
        tenths[Math.min(9, Math.floor((10 * done) / runs))]?.push(process.memoryUsage.rss() / MiB);
        onProgress?.(done);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  await runtime.close();
  if (done !== runs && faults.length === 0) fault(`${runs - done} runs are lost`);
  return {
    runs: done,
    attacks: attacked,
    faults,
    seconds: (performance.now() - began) / 1_000,
    memory: tenths.map(middle),
  };
}

/** What is wrong with how a script ended, or null. */
async function wrongWith(
  runtime: Runtime,
  script: SoakScript,
  tenant: string,
  number: number,
  seenNumbers: Set<number>,
): Promise<string | null> {
  let result: unknown;
  try {
    ({ result } = await runtime.run({
      source: script.source,
      filename: "soak.js",
      args: { number },
      tenant,
    }));
  } catch (error) {
    const code = error instanceof RunError ? error.code : codeOf(error);
    return code === script.ends
      ? null
      : `it ended with ${code ?? String(error)}, not ${script.ends ?? "a result"}`;
  }
  if (script.ends !== null) return `it answered, in place of ${script.ends}`;
  const { number: given, seen, mine } = result as { number: number; seen: unknown[]; mine: number[] };
  if (given !== number) return `it answered ${given}`;
  if (JSON.stringify(seen) !== JSON.stringify(cleanRealm)) return `it saw ${JSON.stringify(seen)}`;
  for (const value of mine) {
    if (seenNumbers.has(value)) return "it had a random number that another had";
    seenNumbers.add(value);
  }
  // Enough to see a seed that was used twice.
  if (seenNumbers.size > 100_000) seenNumbers.clear();
  return null;
}

/** A limit that the script was told of and let through has its code; what is its own has none. */
function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown }).code;
  return typeof code === "string" ? code : "threw";
}

function middle(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
