/**
 * Runs a property: a few hundred times with the tests, at least 20,000 times under `npm run test:deep`. What failed once
 * is kept in `fixtures/seeds/` and tried first ever after.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";

interface Seed {
  readonly seed: number;
  readonly path: string;
  /** The smallest input that failed, in base64: no scanner shall take a generated token for a leak. */
  readonly example_base64: string;
}

/** The number of runs that `npm run test:deep` asks for. */
const asked = process.env["HOLDFAST_DEEP"];

/** How often a property runs. */
export const runs = (short: number): number => (asked === undefined ? short : Number(asked));

/** In ms: how long a test with deep properties may take. */
export const deepTimeout: number = asked === undefined ? 60_000 : 1_200_000;

/** The least share of inputs that must get past the refusals, or the property says little. */
const leastTaken = 0.05;

/**
 * Tries the kept seeds of `name`, then new inputs. `judge` answers whether the input got past the refusals.
 * @throws Error with the input and its seed, which is then kept.
 */
export async function holdsFor<T>(
  name: string,
  input: fc.Arbitrary<T>,
  judge: (value: T) => Promise<boolean> | boolean,
  short: number = 400,
): Promise<void> {
  let taken = 0;
  const property = fc.asyncProperty(input, async (value) => {
    if (await judge(value)) taken += 1;
  });
  for (const { seed, path } of keptSeeds(name)) {
    // The first step of the path is the run that failed. The others shrink it, and lead nowhere once the generator has changed.
    const [run = "0"] = path.split(":");
    await fc.assert(property, { seed, path: run, numRuns: 1, endOnFailure: true });
  }
  const result = await fc.check(property, { numRuns: runs(short) });
  if (!result.failed) {
    if (taken < result.numRuns * leastTaken)
      throw new Error(`only ${taken} of ${result.numRuns} inputs were taken`);
    return;
  }
  if (result.counterexamplePath !== null)
    keep(name, {
      seed: result.seed,
      path: result.counterexamplePath,
      example_base64: Buffer.from(fc.stringify(result.counterexample).slice(0, 2_000)).toString("base64"),
    });
  throw new Error(fc.defaultReportMessage(result) ?? "the property failed", { cause: result.errorInstance });
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`../../../fixtures/seeds/${name}.json`, import.meta.url));
}

function keptSeeds(name: string): readonly Seed[] {
  const file = fileOf(name);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Seed[]) : [];
}

function keep(name: string, seed: Seed): void {
  const file = fileOf(name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify([...keptSeeds(name), seed], null, 2)}\n`);
}
