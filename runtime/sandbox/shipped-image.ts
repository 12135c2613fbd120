/**
 * The template that was made with the build: the memory of an engine that has loaded everything a template loads, as a
 * file. A thread that finds it copies it, instead of evaluating some fifty modules before its first run.
 *
 * An image is full of addresses, so it fits the engine, the stack and the modules that it was made from, and nothing else. All of
 * these stand in front of it, and a file that does not begin with exactly them is as good as none. That its bytes are what
 * the build wrote is not checked: who can write into this package can also write into its code.
 *
 * What it means that every installation starts from the same bytes: they were written before any script, host or token was
 * there, so they hold none; what must be random is asked of the host in each run (see `guest/random.ts`); and that a
 * script could know where things are in its sandbox's memory is nothing new, since WebAssembly has no random layout.
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import type { EngineImage } from "./engine.ts";

/** What an image is made from. */
export interface ImageOrigin {
  /** Which engine: see `engineDigest`. */
  readonly engine: string;
  /** The engine's cap of the guest's stack, in bytes. */
  readonly stack: number;
  readonly prelude: string;
  /** The modules that the prelude can load, by name. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Stands between the origin and the bytes, as a line of JSON. */
interface Layout {
  readonly addresses: EngineImage["addresses"];
  readonly segments: readonly { readonly at: number; readonly length: number }[];
}

const shipped = new URL("./template.image", import.meta.url);
const newline = 10;

/** Reads the image that was made from exactly this; null when the file holds another one, a part of one, or is not there. */
export function readImage(origin: ImageOrigin, file: URL = shipped): EngineImage | null {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch {
    return null;
  }
  const expected = originLine(origin);
  if (!content.subarray(0, expected.length).equals(expected)) return null;
  const end = content.indexOf(newline, expected.length);
  if (end < 0) return null;
  const layout = JSON.parse(content.toString("utf8", expected.length, end)) as Layout;
  let from = end + 1;
  const segments = layout.segments.map(({ at, length }) => {
    from += length;
    return { at, bytes: content.subarray(from - length, from) };
  });
  return from === content.length ? { segments, addresses: layout.addresses } : null;
}

/** Writes the image of an engine that was made from this. For the build. */
export function writeImage(origin: ImageOrigin, image: EngineImage, file: URL = shipped): void {
  const layout: Layout = {
    addresses: image.addresses,
    segments: image.segments.map(({ at, bytes }) => ({ at, length: bytes.length })),
  };
  const lines = [originLine(origin), Buffer.from(`${JSON.stringify(layout)}\n`)];
  writeFileSync(file, Buffer.concat([...lines, ...image.segments.map(({ bytes }) => bytes)]));
}

function originLine({ engine, stack, prelude, sources }: ImageOrigin): Buffer {
  return Buffer.from(`${JSON.stringify([engine, stack, prelude, [...sources]])}\n`);
}
