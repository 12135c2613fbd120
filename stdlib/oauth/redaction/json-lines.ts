/**
 * Redaction of lines of JSON as a stream: structural where a line is JSON, textual where it is not.
 *
 * @module
 */

import type { RedactorEngine } from "./engine.ts";
import { rewrittenJson } from "./json-rewrite.ts";

/** A longer line is redacted as text, because JSON is parsed in one piece. In bytes. */
export const longestJsonLine: number = 8 * 1_024 ** 2;

const lineFeed = 0x0a;
const nothing = Buffer.alloc(0);
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A stream for bytes that are lines. A line that is a JSON object or array in UTF-8 is redacted by field name
 * ({@link RedactorEngine.redactValue}), and what is not redacted in it stays as it was written. Other lines are redacted as one text
 * ({@link RedactorEngine.byteStream}), so that a secret may take several of them. A line of JSON comes out when its end has come in,
 * everything else when it is decided; at most {@link longestJsonLine} bytes are held back.
 */
export function jsonLinesStream(redactor: RedactorEngine): TransformStream<Uint8Array, Uint8Array> {
  const lines = new Lines(redactor);
  return new TransformStream<Uint8Array, Uint8Array>({
    transform: async (chunk, controller) => await lines.write(chunk, controller),
    flush: async (controller) => await lines.end(controller),
  });
}

/** Where redacted bytes go. */
type Sink = Pick<TransformStreamDefaultController<Uint8Array>, "enqueue">;

class Lines {
  readonly #redactor: RedactorEngine;
  /** The beginning of a line that may be JSON, in a buffer that may be longer. */
  #held: Buffer = nothing;
  #heldBytes = 0;
  /** True when what is held is more than white space. */
  #isBegun = false;
  /** True from where a line is known not to be JSON until it ends. */
  #isText = false;
  /** What goes out next: lines of JSON that are done, or text that is not redacted yet. Never both. */
  #done: string[] = [];
  #textParts: Uint8Array[] = [];
  #text: TextStream | null = null;

  constructor(redactor: RedactorEngine) {
    this.#redactor = redactor;
  }

  async write(chunk: Uint8Array, sink: Sink): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const feed = chunk.indexOf(lineFeed, at);
      const end = feed === -1 ? chunk.length : feed + 1;
      await this.#part(chunk.subarray(at, end), feed !== -1, sink);
      at = end;
    }
    await this.#passOn(sink);
  }

  async end(sink: Sink): Promise<void> {
    if (this.#heldBytes > 0) await this.#line(this.#takeHeld(), sink);
    await this.#passOn(sink);
    await this.#text?.end();
  }

  /** A line, or a part of one; `isEnd` when its end is in it. */
  async #part(part: Uint8Array, isEnd: boolean, sink: Sink): Promise<void> {
    if (!this.#isText && !this.#mayBeJson(part, isEnd)) {
      if (this.#heldBytes > 0) await this.#asText(this.#takeHeld(), sink);
      this.#isText = true;
    }
    if (this.#isText) {
      await this.#asText(part, sink);
      this.#isText = !isEnd;
    } else if (isEnd && this.#heldBytes === 0) {
      await this.#line(part, sink);
    } else {
      this.#hold(part);
      if (isEnd) await this.#line(this.#takeHeld(), sink);
    }
  }

  /** A whole line that begins like JSON. */
  async #line(line: Uint8Array, sink: Sink): Promise<void> {
    const redacted = this.#redactedJson(line);
    if (redacted === null) return await this.#asText(line, sink);
    if (this.#text !== null || this.#textParts.length > 0) {
      await this.#passOn(sink);
      await this.#text?.end();
      this.#text = null;
    }
    this.#done.push(redacted);
  }

  async #asText(bytes: Uint8Array, sink: Sink): Promise<void> {
    if (this.#done.length > 0) await this.#passOn(sink);
    this.#textParts.push(bytes);
  }

  async #passOn(sink: Sink): Promise<void> {
    if (this.#done.length > 0) sink.enqueue(Buffer.from(this.#done.join("")));
    this.#done = [];
    if (this.#textParts.length === 0) return;
    const text = Buffer.concat(this.#textParts);
    this.#textParts = [];
    this.#text ??= new TextStream(this.#redactor, sink);
    await this.#text.write(text);
  }

  /** Null when the line is no JSON object or array. */
  #redactedJson(line: Uint8Array): string | null {
    let text: string;
    let value: unknown;
    try {
      text = utf8.decode(line);
      value = JSON.parse(text);
    } catch {
      return null;
    }
    const start = text.search(/[{[]/);
    const end = text.trimEnd().length;
    const redacted = rewrittenJson(text.slice(start, end), value, this.#redactor.redactValue(value));
    return text.slice(0, start) + redacted + text.slice(end);
  }

  /** Whether the line that `part` begins or goes on with may be JSON. */
  #mayBeJson(part: Uint8Array, isEnd: boolean): boolean {
    if (this.#heldBytes + part.length > longestJsonLine) return false;
    if (this.#isBegun) return true;
    const first = part.find((byte) => !isSpace(byte));
    return first === undefined ? !isEnd : isOpening(first);
  }

  #hold(part: Uint8Array): void {
    this.#isBegun ||= part.some((byte) => !isSpace(byte));
    const length = this.#heldBytes + part.length;
    if (length > this.#held.length) {
      const roomier = Buffer.alloc(Math.max(length, 2 * this.#held.length));
      roomier.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = roomier;
    }
    this.#held.set(part, this.#heldBytes);
    this.#heldBytes = length;
  }

  #takeHeld(): Uint8Array {
    const held = this.#held.subarray(0, this.#heldBytes);
    this.#held = nothing;
    this.#heldBytes = 0;
    this.#isBegun = false;
    return held;
  }
}

/** Consecutive lines that are no JSON. */
class TextStream {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #passedOn: Promise<void>;

  constructor(redactor: RedactorEngine, sink: Sink) {
    const { readable, writable } = redactor.byteStream();
    this.#writer = writable.getWriter();
    this.#passedOn = passOn(readable, sink);
    // Whoever writes next is told.
    this.#passedOn.catch(() => {});
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#writer.write(bytes);
  }

  /** Resolves when everything has been passed on. */
  async end(): Promise<void> {
    await this.#writer.close();
    await this.#passedOn;
  }
}

async function passOn(readable: ReadableStream<Uint8Array>, sink: Sink): Promise<void> {
  const reader = readable.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) sink.enqueue(next.value);
  } catch (error) {
    await reader.cancel(error);
    throw error;
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === lineFeed;
}

function isOpening(byte: number): boolean {
  return byte === 0x7b || byte === 0x5b;
}
