/**
 * Redaction as a web stream.
 *
 * @module
 */

import { OAuthError } from "../errors.ts";
import { placeholder } from "./placeholder.ts";
import type { Scrubber } from "./scrubber.ts";
import { Tally } from "./tally.ts";

const unscannable = "unscannable";

/** Text in, redacted text out. */
export function textStream(
  scrubber: Scrubber,
  record: (tally: Tally) => void,
): TransformStream<string, string> {
  const flow = new Flow(scrubber, record, (text) => Buffer.byteLength(text));
  return new TransformStream<string, string>({
    transform(chunk, controller) {
      if (typeof chunk !== "string") throw wrongChunk("text");
      const out = flow.write(chunk);
      if (out !== "") controller.enqueue(out);
    },
    flush(controller) {
      const out = flow.end();
      if (out !== "") controller.enqueue(out);
    },
  });
}

/** Bytes in, redacted bytes out. Each byte is read as one character, so that any bytes pass unchanged. */
export function byteStream(
  scrubber: Scrubber,
  record: (tally: Tally) => void,
): TransformStream<Uint8Array, Uint8Array> {
  const flow = new Flow(scrubber, record, (text) => text.length);
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      if (!(chunk instanceof Uint8Array)) throw wrongChunk("bytes");
      const { buffer, byteOffset, byteLength } = chunk;
      const out = flow.write(Buffer.from(buffer, byteOffset, byteLength).toString("latin1"));
      if (out !== "") controller.enqueue(Buffer.from(out, "latin1"));
    },
    flush(controller) {
      const out = flow.end();
      if (out !== "") controller.enqueue(Buffer.from(out, "latin1"));
    },
  });
}

/** A scrubber that never lets anything through once it has failed. */
class Flow {
  readonly #scrubber: Scrubber;
  readonly #record: (tally: Tally) => void;
  readonly #measure: (text: string) => number;
  #given = 0;
  #failedAt = -1;

  constructor(scrubber: Scrubber, record: (tally: Tally) => void, measure: (text: string) => number) {
    this.#scrubber = scrubber;
    this.#record = record;
    this.#measure = measure;
  }

  write(chunk: string): string {
    return this.#through(chunk, false);
  }

  end(): string {
    const rest = this.#through("", true);
    if (this.#failedAt === -1) return rest;
    const lost = Math.max(0, this.#given - this.#failedAt);
    const tally = new Tally();
    tally.add(unscannable, lost);
    this.#record(tally);
    return rest + placeholder(unscannable, lost);
  }

  #through(chunk: string, isFinal: boolean): string {
    this.#given += this.#measure(chunk);
    if (this.#failedAt !== -1) return "";
    const tally = new Tally();
    try {
      const out = this.#scrubber.write(chunk, isFinal, tally);
      if (tally.counts.size > 0) this.#record(tally);
      return out;
    } catch {
      this.#failedAt = this.#scrubber.passed;
      return "";
    }
  }
}

function wrongChunk(kind: string): OAuthError {
  return new OAuthError(
    "HARN-OAU-011",
    `std/oauth/redaction: the stream takes ${kind}`,
    kind === "text" ? "Use byteStream() for bytes." : "Use stream() for text.",
  );
}
