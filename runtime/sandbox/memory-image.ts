/**
 * The content of a WebAssembly memory at one moment, kept so that the memory can be put back to it in microseconds.
 *
 * Most of a memory is zero, so only the stretches that are not are kept. A stretch goes on over zero pages when more
 * follows soon: those may be in use, and are part of what is put back.
 *
 * @module
 */

/** The grain of a stretch, in bytes. */
const pageBytes = 4_096;
/** So many zero pages end a stretch. The only gap of this size in an engine's memory is the unused part of its stack. */
const gapPages = 256;

/** A stretch of memory and where it stands, in bytes. */
export interface Segment {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** The image of a memory, whose size is a multiple of 4 KiB, as its segments in order. */
export function takeImage(memory: Uint8Array): readonly Segment[] {
  const zero = new Uint8Array(pageBytes);
  const segments: Segment[] = [];
  let start = -1;
  let end = -1;
  const close = (): void => {
    if (start >= 0)
      segments.push({ at: start * pageBytes, bytes: memory.slice(start * pageBytes, end * pageBytes) });
  };
  for (let page = 0; page < memory.length / pageBytes; page += 1) {
    if (Buffer.compare(memory.subarray(page * pageBytes, (page + 1) * pageBytes), zero) === 0) continue;
    if (page - end > gapPages || start < 0) {
      close();
      start = page;
    }
    end = page + 1;
  }
  close();
  return segments;
}

/** Puts a memory back to its image. Bytes outside the segments stay as they are, unless `wipe` says that they become zero. */
export function restoreImage(memory: Uint8Array, image: readonly Segment[], wipe: boolean): void {
  if (wipe) memory.fill(0);
  for (const { at, bytes } of image) memory.set(bytes, at);
}
