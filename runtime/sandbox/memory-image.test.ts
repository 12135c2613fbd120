import fc from "fast-check";
import { expect, test } from "vitest";
import { restoreImage, takeImage } from "./memory-image.ts";

const page = 4_096;
const pages = 2_000;

/** A memory with something on some of its pages. */
const memories = fc
  .array(
    fc.record({ page: fc.nat(pages - 1), offset: fc.nat(page - 1), byte: fc.integer({ min: 1, max: 255 }) }),
  )
  .map((marks) => {
    const memory = new Uint8Array(pages * page);
    for (const { page: at, offset, byte } of marks) memory[at * page + offset] = byte;
    return memory;
  });

test("a wiped and restored memory is what it was", () => {
  fc.assert(
    fc.property(memories, memories, (memory, other) => {
      const image = takeImage(memory);
      const work = other.slice();
      restoreImage(work, image, true);
      expect(Buffer.compare(work, memory)).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("without wiping, what stands in the segments is restored, zero pages between others included", () => {
  const memory = new Uint8Array(pages * page);
  memory[0] = 1;
  memory[10 * page] = 2;
  const image = takeImage(memory);
  expect(image.map(({ at, bytes }) => [at, bytes.length])).toEqual([[0, 11 * page]]);
  memory.fill(9);
  restoreImage(memory, image, false);
  expect([memory[0], memory[5 * page], memory[10 * page], memory[11 * page]]).toEqual([1, 0, 2, 9]);
});

test("a long stretch of zero parts two segments, and an empty memory has none", () => {
  const memory = new Uint8Array(pages * page);
  expect(takeImage(memory)).toEqual([]);
  memory[3] = 1;
  memory[1_000 * page - 1] = 1;
  memory[pages * page - 1] = 1;
  expect(takeImage(memory).map(({ at, bytes }) => [at / page, bytes.length / page])).toEqual([
    [0, 1],
    [999, 1],
    [1_999, 1],
  ]);
});
