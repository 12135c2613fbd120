/**
 * Bytes from anywhere as a web stream.
 *
 * @module
 */

/** A stream that takes the next part of `source` only when it is asked for one. Errors of `source` are the stream's. */
export function readableBytes(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const parts = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await parts.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await parts.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
