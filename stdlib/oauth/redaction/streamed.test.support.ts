/**
 * Texts and bytes on their way through a redactor's streams.
 */

import type { RedactorEngine } from "./engine.ts";

/** What comes out of `stream()` when the text comes in these parts. */
export async function streamed(redactor: RedactorEngine, parts: readonly string[]): Promise<string> {
  return (await passed(redactor.stream(), parts)).join("");
}

/** What comes out of `byteStream()` when the bytes come in these parts. */
export async function streamedBytes(
  redactor: RedactorEngine,
  parts: readonly Uint8Array[],
): Promise<Uint8Array> {
  return Buffer.concat(await passed(redactor.byteStream(), parts));
}

/** Cuts a text or bytes into parts of these lengths, and what is left. */
export function cut<T extends string | Uint8Array>(whole: T, lengths: readonly number[]): readonly T[] {
  let at = 0;
  return [...lengths, whole.length].map((length) => whole.slice(at, (at += length)) as T);
}

async function passed<T>(stream: TransformStream<T, T>, parts: readonly T[]): Promise<readonly T[]> {
  const out: T[] = [];
  const reading = (async () => {
    const reader = stream.readable.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) out.push(next.value);
  })();
  const writer = stream.writable.getWriter();
  for (const part of parts) await writer.write(part);
  await writer.close();
  await reading;
  return out;
}
