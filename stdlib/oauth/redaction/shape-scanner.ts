/**
 * Finds tokens by their shape: one pass for the literal prefixes, then confirmation at each place found.
 *
 * The time is linear in the text for any input: a prefix is followed by at most its minimum before the match is
 * certain, and the end of a run is measured once however many prefixes stand in it.
 *
 * @module
 */

import type { TokenFamily, TokenShape } from "./catalogue.ts";
import { type CharClass, charClass, isIn, RunMemo } from "./char-class.ts";
import { isLeftBoundary } from "./left-guard.ts";
import type { Span } from "./spans.ts";

/** How much of a JWT's header is decoded where the token is glued to a word. `{"alg":"none"}` has 14 bytes. */
const jsonLookedAt = 20;
const jsonBytes = 14;

interface CompiledShape {
  readonly name: string;
  readonly rank: number;
  readonly shape: TokenShape;
  readonly minimum: CharClass;
  readonly body: CharClass;
}

/** A catalogue that is ready to scan with. */
export interface ShapeScanner {
  /** Every token found, by start. Spans may overlap. */
  scan(text: string): Span[];
}

/** Compiles a catalogue; the families' order is their rank, from 1 on. */
export function shapeScanner(families: readonly TokenFamily[]): ShapeScanner {
  const shapes: CompiledShape[] = families.flatMap((family, i) =>
    family.shapes.map((shape) => ({
      name: family.name,
      rank: i + 1,
      shape,
      minimum: charClass(shape.minimum.of),
      body: charClass(shape.body),
    })),
  );
  const prefixes = shapes.flatMap(({ shape }) =>
    shape.prefixes.map((prefix) => (shape.ignoreCase ? inAnyCase(prefix) : literal(prefix))),
  );
  const anchors = new RegExp(prefixes.join("|"), "g");
  return { scan: (text) => scan(anchors, shapes, text) };
}

function scan(anchors: RegExp, shapes: readonly CompiledShape[], text: string): Span[] {
  const spans: Span[] = [];
  let confirmers: Confirmer[] | undefined;
  anchors.lastIndex = 0;
  for (let anchor = anchors.exec(text); anchor !== null; anchor = anchors.exec(text)) {
    const at = anchor.index;
    anchors.lastIndex = at + 1;
    confirmers ??= shapes.map((shape) => new Confirmer(shape, text));
    for (const confirmer of confirmers) {
      const span = confirmer.at(at);
      if (span !== null) spans.push(span);
    }
  }
  return spans;
}

/** One shape on one text; remembers the runs that it measured. */
class Confirmer {
  readonly #compiled: CompiledShape;
  readonly #text: string;
  readonly #run: RunMemo;
  readonly #segments: readonly RunMemo[];
  #trimmedFor = -1;
  #trimmed = -1;

  constructor(compiled: CompiledShape, text: string) {
    this.#compiled = compiled;
    this.#text = text;
    this.#run = new RunMemo(compiled.body);
    this.#segments = [0, 1, 2].map(() => new RunMemo(compiled.minimum));
  }

  at(at: number): Span | null {
    const { shape, name, rank } = this.#compiled;
    const prefix = this.#prefixAt(at);
    if (prefix === 0) return null;
    const isOpen = shape.guard === "none" || isLeftBoundary(this.#text, at);
    if (!isOpen && !(shape.form === "jwt" && readsAsJson(this.#text, at))) return null;
    const start = shape.separator === "space" ? afterSpace(this.#text, at + prefix) : at;
    if (start === -1) return null;
    const body = shape.separator === "space" ? start : at + prefix;
    const least = shape.form === "jwt" ? this.#leastJwt(at, body) : this.#leastRun(body);
    if (least === -1) return null;
    return { start, end: Math.max(least, this.#endFrom(least)), name, rank };
  }

  #prefixAt(at: number): number {
    const { shape } = this.#compiled;
    for (const prefix of shape.prefixes) {
      if (this.#text.startsWith(prefix, at)) return prefix.length;
      if (shape.ignoreCase && this.#text.slice(at, at + prefix.length).toLowerCase() === prefix)
        return prefix.length;
    }
    return 0;
  }

  /** The end of the shortest token of a run shape, or -1. */
  #leastRun(body: number): number {
    const end = body + this.#compiled.shape.minimum.length;
    for (let i = body; i < end; i++) if (!isIn(this.#compiled.minimum, this.#text, i)) return -1;
    return end;
  }

  /** The end of the shortest JWS (`h.p.`, RFC 7515 §3.1) or JWE with an empty key (`h..iv.`) that begins here, or -1. */
  #leastJwt(at: number, body: number): number {
    const { length } = this.#compiled.shape.minimum;
    const [first, second, third] = this.#segments;
    if (first === undefined || second === undefined || third === undefined) return -1;
    const text = this.#text;
    const header = first.endOf(text, at);
    if (header - body < length || text[header] !== ".") return -1;
    const payload = second.endOf(text, header + 1);
    if (text[payload] !== ".") return -1;
    if (payload - header > length) return payload + 1;
    if (payload !== header + 1) return -1;
    const vector = third.endOf(text, payload + 1);
    return vector > payload + 1 && text[vector] === "." ? vector + 1 : -1;
  }

  /** The end of the whole run around `inside`, without what may not end a token. */
  #endFrom(inside: number): number {
    const end = this.#run.endOf(this.#text, inside);
    const { trim } = this.#compiled.shape;
    if (trim === undefined) return end;
    if (this.#trimmedFor !== end) {
      this.#trimmedFor = end;
      this.#trimmed = end;
      while (this.#trimmed > 0 && trim.includes(this.#text[this.#trimmed - 1] ?? "\n")) this.#trimmed--;
    }
    return this.#trimmed;
  }
}

/** True when the base64url text at `at` begins like a JSON object: no word does that by chance. */
function readsAsJson(text: string, at: number): boolean {
  const start = Buffer.from(text.slice(at, at + jsonLookedAt), "base64url");
  return start.length >= jsonBytes && /^\{"[ -~]+$/.test(start.subarray(0, jsonBytes).toString("latin1"));
}

/** Where the token begins after white space, `%20` or one `+`; -1 when there is none of them. */
function afterSpace(text: string, at: number): number {
  let start = at;
  for (;;) {
    const code = text.charCodeAt(start);
    if (code === 0x20 || code === 0xa0 || (code >= 0x09 && code <= 0x0d)) start += 1;
    else if (code === 0x25 && text.startsWith("%20", start)) start += 3;
    else break;
  }
  if (start === at && text[at] === "+") start += 1;
  return start === at ? -1 : start;
}

function literal(text: string): string {
  return text.replace(/[^A-Za-z0-9_]/g, "\\$&");
}

function inAnyCase(text: string): string {
  return text.replace(/./gs, (char) => {
    const lower = char.toLowerCase();
    const upper = char.toUpperCase();
    return lower === upper ? literal(char) : `[${upper}${lower}]`;
  });
}
