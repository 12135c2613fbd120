/**
 * The anchor scan: the places of a text where a literal may stand, at memory speed.
 *
 * Two lanes do the same with the same tables (see anchor-table.ts): one in JavaScript, one in WebAssembly (scan.wat),
 * which is used where WebAssembly is there. Both read a copy of the text with one byte for each UTF-16 unit, so that
 * offsets hold for any string. A byte can only propose a place: what stands there is read in the text itself.
 *
 * @module
 */

import { type AnchorTable, fourBytes, threeBytes } from "./anchor-table.ts";
import type { IntList } from "./int-list.ts";
import { scanModule } from "./scan-wasm.ts";

/** Characters that are scanned at once. */
const window = 65_536;
/** Texts up to this length are read where they stand: a copy would take longer. */
const shortText = 20;
/** Characters before a window that are copied with it; an even number keeps the text aligned. */
const lead = 2;
/** Bytes behind a window that may be read. */
const slack = 16;

/** Node's own copy of a string to one byte for each UTF-16 unit: half the time of `write` on a short one. */
type Input = Buffer & { latin1Write(text: string, offset: number): number };

/** One way to scan. */
export interface AnchorLane {
  readonly name: "wasm" | "js";
  /** Where the places are left, as offsets into the window. */
  readonly places: Uint16Array;
  /** Where a window is copied to; its text begins at `lead`. */
  readonly input: Input;
  /** Scans `length` bytes, clears the copy, and answers how many places there are. */
  readonly scan: (length: number) => number;
}

/** The lane in plain JavaScript. */
export function jsLane(table: AnchorTable): AnchorLane {
  const input = Buffer.alloc(lead + window + slack) as Input;
  const pairsRead = new Uint16Array(input.buffer, input.byteOffset + lead, (window + slack) / 2);
  const places = new Uint16Array(window / 2 + 4);
  const scan = (length: number): number => {
    const kept = sift(table, input, places, propose(table.pairs, pairsRead, places, length));
    // The copy may hold secrets.
    input.fill(0, 0, lead + length + slack);
    return kept;
  };
  return { name: "js", places, input, scan };
}

/** Step one, without a branch: every place is written, and only those of anchors are kept. */
function propose(pairs: Uint8Array, pairsRead: Uint16Array, places: Uint16Array, length: number): number {
  const end = (length + 1) >> 1;
  let count = 0;
  for (let i = 0; i < end; i += 4) {
    places[count] = i;
    count += pairs[pairsRead[i] ?? 0] ?? 0;
    places[count] = i + 1;
    count += pairs[pairsRead[i + 1] ?? 0] ?? 0;
    places[count] = i + 2;
    count += pairs[pairsRead[i + 2] ?? 0] ?? 0;
    places[count] = i + 3;
    count += pairs[pairsRead[i + 3] ?? 0] ?? 0;
  }
  return count;
}

/** Step two: a byte beside the pair must fit. */
function sift(
  { after, before, around }: AnchorTable,
  input: Uint8Array,
  places: Uint16Array,
  count: number,
): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const place = 2 * (places[i] ?? 0);
    const at = lead + place;
    const pair = (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8);
    const three = (input[at - 1] ?? 0) | (pair << 8);
    const next = input[at + 2] ?? 0;
    places[kept] = place;
    kept +=
      (after.has[threeBytes(pair | (next << 16))] ?? 0) |
      (before.has[threeBytes(three)] ?? 0) |
      (around.has[fourBytes(three | (next << 24))] ?? 0);
  }
  return kept;
}

interface ScanExports {
  readonly memory: WebAssembly.Memory;
  readonly scan: (start: number, end: number) => number;
}

/** The lane in WebAssembly, or null where it is not to be had. */
export function wasmLane(table: AnchorTable): AnchorLane | null {
  let made: ScanExports;
  try {
    const compiled = new WebAssembly.Module(Buffer.from(scanModule, "base64"));
    made = new WebAssembly.Instance(compiled).exports as unknown as ScanExports;
  } catch {
    return null;
  }
  const { memory, scan } = made;
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(table.pairs, 0);
  bytes.set(table.after.has, 0x10000);
  bytes.set(table.before.has, 0x20000);
  bytes.set(table.around.has, 0x30000);
  const start = 0x90000 + lead;
  return {
    name: "wasm",
    places: new Uint16Array(memory.buffer, 0x70000, window / 2 + 4),
    input: Buffer.from(memory.buffer, 0x90000, lead + window + slack) as Input,
    scan: (length) => scan(start, start + length),
  };
}

/** The fastest lane that is there. */
export function anchorLane(table: AnchorTable): AnchorLane {
  return wasmLane(table) ?? jsLane(table);
}

/**
 * Appends each literal that stands in the text at or behind `from`: its place, and its index in the table. Places rise, but for
 * literals that begin close together.
 */
export function findLiterals(
  table: AnchorTable,
  lane: AnchorLane,
  text: string,
  from: number,
  found: IntList,
): void {
  for (let at = from; at < text.length; ) at = findInWindow(table, lane, text, from, at, found);
}

/** As {@link findLiterals}, for the window that begins at `at`. Answers where the next one begins. */
export function findInWindow(
  table: AnchorTable,
  lane: AnchorLane,
  text: string,
  from: number,
  at: number,
  found: IntList,
): number {
  if (text.length - at <= shortText) {
    const { pairs } = table;
    for (let here = at; here < text.length; here += 2) {
      const pair = (text.charCodeAt(here) & 0xff) | ((text.charCodeAt(here + 1) & 0xff) << 8);
      if (pairs[pair] === 1) literalsAround(table, text, from, here, found);
    }
    return text.length;
  }
  const { input, places } = lane;
  const length = Math.min(window, text.length - at);
  const before = Math.min(lead, at);
  const whole = before === 0 && text.length <= window;
  input.latin1Write(whole ? text : text.slice(at - before, at + length + lead), lead - before);
  const count = lane.scan(length);
  for (let i = 0; i < count; i++) {
    const place = places[i] ?? 0;
    if (place < length) literalsAround(table, text, from, at + place, found);
  }
  return at + length;
}

function literalsAround(table: AnchorTable, text: string, from: number, at: number, found: IntList): void {
  // Behind the end of the text stands nothing, which is no byte of a literal.
  const pair = (text.charCodeAt(at) & 0xff) | ((text.charCodeAt(at + 1) & 0xff) << 8);
  const three = (text.charCodeAt(at - 1) & 0xff) | (pair << 8);
  const next = text.charCodeAt(at + 2) & 0xff;
  const { after, before, around } = table;
  const inAfter = after.first[threeBytes(pair | (next << 16))] ?? 0;
  const inBefore = before.first[threeBytes(three)] ?? 0;
  const inAround = around.first[fourBytes(three | (next << 24))] ?? 0;
  if (inAfter !== 0) literalsBeside(table, after.anchors, inAfter, text, from, at, found);
  if (inBefore !== 0) literalsBeside(table, before.anchors, inBefore, text, from, at, found);
  if (inAround !== 0) literalsBeside(table, around.anchors, inAround, text, from, at, found);
}

function literalsBeside(
  { characters, folds }: AnchorTable,
  anchors: Int32Array,
  first: number,
  text: string,
  from: number,
  at: number,
  found: IntList,
): void {
  for (let i = first; ; i += 4) {
    const index = anchors[i] ?? -1;
    if (index === -1) return;
    const start = at - (anchors[i + 1] ?? 0);
    if (start < from) continue;
    const fold = folds[index] ?? 0;
    let literal = anchors[i + 2] ?? 0;
    const end = anchors[i + 3] ?? 0;
    for (let here = start; literal < end; literal++, here++) {
      const code = text.charCodeAt(here);
      const folded = code >= 0x41 && code <= 0x5a ? code | fold : code;
      if (folded !== characters[literal]) break;
    }
    if (literal < end) continue;
    found.push(start);
    found.push(index);
  }
}
