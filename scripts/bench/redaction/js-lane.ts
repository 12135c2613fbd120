/**
 * The rows of the JavaScript lane: the whole engine in a process that has no WebAssembly.
 *
 * Run as a program (with `--no-expose-wasm`) it prints its rows as JSON.
 *
 * @module
 */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createRedactor } from "../../../stdlib/oauth/redaction/engine.ts";
import type { Bench } from "./bench.ts";
import { corpus } from "./corpus.ts";
import type { GoalRow } from "../goal-row.ts";
import { lineRows } from "./line-rows.ts";
import { throughputRows } from "./throughput-rows.ts";

const self = fileURLToPath(import.meta.url);

/** The rows, from a process of their own. */
export async function jsLaneRows({ isFull, budget }: Bench): Promise<readonly GoalRow[]> {
  const words = ["--no-expose-wasm", self, String(budget), String(isFull)];
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 1e8 });
  return JSON.parse(stdout) as readonly GoalRow[];
}

if (process.argv[1] === self) {
  if (typeof WebAssembly !== "undefined")
    throw new Error("WebAssembly is there: start with --no-expose-wasm");
  const [budget = "500", isFull] = process.argv.slice(2);
  const redactor = createRedactor();
  const bench: Bench = {
    corpus: corpus((text) => redactor.redact(text)),
    peers: [],
    isFull: isFull === "true",
    budget: Number(budget),
  };
  console.log(JSON.stringify([...(await throughputRows(bench)), ...(await lineRows(bench))]));
}
