/**
 * UTF-8 to text and back (Encoding standard, 8.1).
 *
 * @module
 */

import { list } from "./own-members.ts";
import {
  apply,
  BytesClass,
  charCodeAt,
  create,
  fromCharCode,
  TypeErrorClass,
  viewBuffer,
  viewLength,
  viewSet,
} from "./primordials.ts";

const asciiCodes = create(null) as Record<string, number>;
for (let i = 0; i < 0x80; i++) asciiCodes[fromCharCode(i)] = i;

/** Writes text as UTF-8 as far as whole characters fit; lone surrogates become U+FFFD. */
export function writeUtf8(text: string, into: Uint8Array, room: number): { read: number; written: number } {
  let read = 0;
  let written = 0;
  while (read < text.length) {
    // A look-up costs the engine half of a call.
    const ascii = asciiCodes[text[read] as string];
    if (ascii !== undefined) {
      if (written === room) break;
      into[written++] = ascii;
      read += 1;
      continue;
    }
    let code = charCodeAt(text, read);
    let units = 1;
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code < 0xdc00 && read + 1 < text.length ? charCodeAt(text, read + 1) : 0;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        units = 2;
      } else {
        code = 0xfffd;
      }
    }
    const size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (written + size > room) break;
    into[written] = (0xf00 >> size) | (code >> (6 * (size - 1)));
    for (let i = 1; i < size; i++) into[written + i] = 0x80 | ((code >> (6 * (size - 1 - i))) & 0x3f);
    read += units;
    written += size;
  }
  return { read, written };
}

/** Text as UTF-8; lone surrogates become U+FFFD. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  const roomy = new BytesClass(text.length * 3);
  const { written } = writeUtf8(text, roomy, text.length * 3);
  const exact = new BytesClass(written);
  viewSet(exact, new BytesClass(viewBuffer(roomy), 0, written));
  return exact;
}

/** Where a UTF-8 decoder stands between two pieces (Encoding standard, 8.1.1). */
export interface Utf8State {
  point: number;
  seen: number;
  needed: number;
  lower: number;
  upper: number;
  /** True until the first character, which is dropped when it is a byte order mark. */
  atStart: boolean;
}

/** The state before the first byte. `dropMark`: a byte order mark at the start is no part of the text. */
export function utf8State(dropMark: boolean): Utf8State {
  return { point: 0, seen: 0, needed: 0, lower: 0x80, upper: 0xbf, atStart: dropMark };
}

/** The text of the next bytes. `more`: an unfinished character at the end waits for them. @throws TypeError for malformed bytes when `fatal`. */
export function readUtf8(bytes: Uint8Array, state: Utf8State, more: boolean, fatal: boolean): string {
  const size = viewLength(bytes);
  let text = "";
  let units = list<number>();
  const push = (point: number): void => {
    if (state.atStart) {
      state.atStart = false;
      if (point === 0xfeff) return;
    }
    if (point > 0xffff) {
      units[units.length] = 0xd7c0 + (point >> 10);
      units[units.length] = 0xdc00 | (point & 0x3ff);
    } else {
      units[units.length] = point;
    }
    if (units.length < 1_000) return;
    text += apply(fromCharCode, undefined, units);
    units = list();
  };
  const broken = (): void => {
    if (fatal) throw new TypeErrorClass("The encoded data was not valid for encoding utf-8");
    push(0xfffd);
  };
  const reset = (): void => {
    state.point = state.seen = state.needed = 0;
    state.lower = 0x80;
    state.upper = 0xbf;
  };
  for (let i = 0; i < size; i++) {
    const byte = bytes[i] as number;
    if (state.needed === 0) {
      if (byte < 0x80) {
        push(byte);
      } else if (byte >= 0xc2 && byte <= 0xf4) {
        state.needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
        state.point = byte & (0x3f >> state.needed);
        if (byte === 0xe0) state.lower = 0xa0;
        if (byte === 0xed) state.upper = 0x9f;
        if (byte === 0xf0) state.lower = 0x90;
        if (byte === 0xf4) state.upper = 0x8f;
      } else {
        broken();
      }
    } else if (byte < state.lower || byte > state.upper) {
      reset();
      i -= 1;
      broken();
    } else {
      state.lower = 0x80;
      state.upper = 0xbf;
      state.point = (state.point << 6) | (byte & 0x3f);
      state.seen += 1;
      if (state.seen === state.needed) {
        const { point } = state;
        reset();
        push(point);
      }
    }
  }
  if (!more && state.needed !== 0) {
    reset();
    broken();
  }
  return text + apply(fromCharCode, undefined, units);
}
