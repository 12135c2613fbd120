/**
 * The stream beside the one call, and what a stream keeps.
 *
 * @module
 */

import { createRedactor } from "../../../stdlib/oauth/redaction/engine.ts";
import { collect } from "./allocation.ts";
import { type Bench, sized } from "./bench.ts";
import { flat } from "./corpus.ts";
import type { Figure } from "../goal-row.ts";
import { counted, measured, type Side } from "./cpu-time.ts";
import type { GoalRow } from "../goal-row.ts";

const streams = 8;
const mebibyte = 1_048_576;

/** The rows. */
export async function streamRows(bench: Bench): Promise<readonly GoalRow[]> {
  const { corpus, budget } = bench;
  const { pieces } = corpus;
  const work = pieces.length * 65_536;
  const whole = flat(pieces.join(""));
  const redactor = createRedactor();
  const encoded = pieces.map((text) => Buffer.from(text, "latin1"));
  const sides: readonly Side[] = [
    { name: "one call", work, pass: () => redactor.redact(whole) },
    { name: "stream", work, pass: () => through(redactor.stream(), pieces) },
    { name: "byte stream", work, pass: () => through(redactor.byteStream(), encoded) },
    { name: "empty", work, pass: () => through(new TransformStream<string, string>(), pieces) },
  ];
  const [once, stream, bytes, empty] = await measured(sides, budget * 2);
  const overhead = (figure: Figure | undefined): Figure | null =>
    figure && once
      ? { best: (figure.best / once.best - 1) * 100, median: (figure.median / once.median - 1) * 100 }
      : null;
  const idle = once && empty ? ((empty.best / once.best) * 100).toFixed(0) : "?";
  const length = sized(bench, 16, 64) * mebibyte;
  return [
    {
      what: "stream over one call, chunks of 64 KiB",
      unit: "%",
      goal: { most: 15 },
      ours: overhead(stream),
      beside: [],
      note: `clean text of 10 MB; a TransformStream that does nothing takes ${idle} % of the one call`,
    },
    {
      what: "byte stream over one call with a string",
      unit: "%",
      goal: null,
      ours: overhead(bytes),
      beside: [],
      note: "it reads and writes bytes, the one call does not",
    },
    {
      what: `memory that a stream keeps after ${length / mebibyte} MiB`,
      unit: "KiB",
      goal: { most: 64 },
      ours: counted(await kept(length, pieces)),
      beside: [],
      note: `heap and buffers of ${streams} open streams after collection, each through with so much`,
    },
    {
      what: `memory that a stream keeps ${length / mebibyte} MiB into a token`,
      unit: "KiB",
      goal: { most: 64 },
      ours: counted(await kept(length, [`ghp_${"a".repeat(65_532)}`, "b".repeat(65_536)])),
      beside: [],
    },
  ];
}

/** Writes the chunks and reads all that comes; answers how much that was. */
async function through<T extends { readonly length: number }>(
  stream: TransformStream<T, T>,
  chunks: readonly T[],
): Promise<number> {
  const writer = stream.writable.getWriter();
  const read = drained(stream.readable);
  for (const chunk of chunks) await writer.write(chunk);
  await writer.close();
  return read;
}

async function drained<T extends { readonly length: number }>(readable: ReadableStream<T>): Promise<number> {
  const reader = readable.getReader();
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return length;
    length += value.length;
  }
}

/** KiB for each of some streams that are still open. The first chunk comes once, the others in turn. */
async function kept(length: number, chunks: readonly string[]): Promise<number> {
  const redactor = createRedactor();
  const open: { writer: WritableStreamDefaultWriter<string>; read: Promise<number> }[] = [];
  // What is made at first use is not a stream's own.
  await through(redactor.stream(), chunks.slice(0, 4));
  const before = memory();
  for (let i = 0; i < streams; i++) {
    const stream = redactor.stream();
    const writer = stream.writable.getWriter();
    open.push({ writer, read: drained(stream.readable) });
    for (let written = 0, next = 0; written < length; next = (next % (chunks.length - 1)) + 1) {
      // A string of its own each time, as when it is read from somewhere.
      const chunk = flat(chunks[next] ?? "");
      await writer.write(chunk);
      written += chunk.length;
    }
  }
  const after = memory();
  for (const { writer, read } of open) {
    await writer.close();
    await read;
  }
  return (after - before) / streams / 1_024;
}

function memory(): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
