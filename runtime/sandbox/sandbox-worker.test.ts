import { expect, test } from "vitest";
import { engineDigest } from "./engine-digest.ts";
import { startWorker } from "./sandbox-worker.ts";

test("a thread that is killed again and again is ended once, and nothing piles up", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on("warning", note);
  const MiB = 1_024 * 1_024;
  const stdSources = new Map<string, string>();
  const worker = startWorker({
    engine: engineDigest(),
    stdSources,
    memory: 16 * MiB,
    stack: MiB / 4,
    once: false,
  });
  await worker.ready;
  await Promise.all(Array.from({ length: 50 }, () => worker.kill()));
  expect(worker.alive).toBe(false);
  await worker.kill();
  // A warning is told a turn later.
  await new Promise(setImmediate);
  process.off("warning", note);
  expect(warnings).toEqual([]);
});
