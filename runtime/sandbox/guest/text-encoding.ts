/**
 * `TextEncoder` and `TextDecoder` (Encoding standard, 7), for UTF-8 only.
 *
 * @module
 */

import { bytesOf } from "./buffer-source.ts";
import { put } from "./own-members.ts";
import {
  BytesClass,
  isView,
  matches,
  RangeErrorClass,
  tagSymbol,
  toLowerCase,
  TypeErrorClass,
  viewLength,
  viewTag,
} from "./primordials.ts";
import { readUtf8, utf8, utf8State, type Utf8State, writeUtf8 } from "./utf8.ts";
import { bag, domText, needs } from "./webidl.ts";

/** Text to UTF-8. */
export class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }
  encode(input: unknown = ""): Uint8Array {
    return utf8(domText(input));
  }
  encodeInto(source: unknown, destination: unknown): { read: number; written: number } {
    needs(arguments.length, 2, "encodeInto");
    if (!isView(destination) || viewTag(destination) !== "Uint8Array") {
      throw new TypeErrorClass("encodeInto: the destination must be a Uint8Array");
    }
    return writeUtf8(domText(source), destination as Uint8Array, viewLength(destination));
  }
}
put(TextEncoder.prototype, tagSymbol, "TextEncoder", false);

const utf8Labels =
  /^[\t\n\f\r ]*(?:unicode-1-1-utf-8|unicode11utf8|unicode20utf8|utf-?8|x-unicode20utf8)[\t\n\f\r ]*$/;

/** UTF-8 to text, also in pieces. Its constructor throws a RangeError for labels of other encodings. */
export class TextDecoder {
  readonly #fatal: boolean;
  readonly #ignoreBOM: boolean;
  #state: Utf8State;
  #streaming = false;

  constructor(label: unknown = "utf-8", options?: unknown) {
    const name = domText(label);
    if (matches(utf8Labels, toLowerCase(name)) === null) {
      throw new RangeErrorClass("The encoding label is not supported here, only utf-8");
    }
    const given = bag(options);
    this.#fatal = !!given["fatal"];
    this.#ignoreBOM = !!given["ignoreBOM"];
    this.#state = utf8State(!this.#ignoreBOM);
  }
  get encoding(): string {
    return "utf-8";
  }
  get fatal(): boolean {
    return this.#fatal;
  }
  get ignoreBOM(): boolean {
    return this.#ignoreBOM;
  }
  decode(input?: unknown, options?: unknown): string {
    const bytes = input === undefined ? new BytesClass(0) : bytesOf(input);
    if (bytes === null) throw new TypeErrorClass("decode: the input must be an ArrayBuffer or a view of one");
    if (!this.#streaming) this.#state = utf8State(!this.#ignoreBOM);
    this.#streaming = !!bag(options)["stream"];
    return readUtf8(bytes, this.#state, this.#streaming, this.#fatal);
  }
}
put(TextDecoder.prototype, tagSymbol, "TextDecoder", false);
