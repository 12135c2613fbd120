/**
 * A JSON reader for foreign bytes: strict UTF-8 (RFC 3629), one value and nothing after it (RFC 8259), no member
 * twice, no number beyond the range of a double, bounded depth and size, and objects without a prototype.
 *
 * @module
 */

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** Has no prototype; members that could reach one (`__proto__`, `constructor`, `prototype`) are dropped. */
export interface JsonObject {
  readonly [member: string]: JsonValue;
}

export type JsonRefusal = "too_large" | "not_utf8" | "too_deep" | "duplicate_member" | "not_json";

export type JsonResult =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly reason: JsonRefusal };

export const jsonLimits: { readonly maxBytes: number; readonly maxDepth: number } = {
  maxBytes: 1024 * 1024,
  maxDepth: 32,
};

/** True for a JSON object as {@link readJson} makes it. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads one JSON value. Never throws. A byte order mark is refused. */
export function readJson(bytes: Uint8Array): JsonResult {
  if (bytes.length > jsonLimits.maxBytes) return { ok: false, reason: "too_large" };
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { ok: false, reason: "not_utf8" };
  }
  const reader = new Reader(text);
  try {
    const value = reader.value(0);
    reader.end();
    return { ok: true, value };
  } catch (refusal) {
    if (refusal instanceof Refusal) return { ok: false, reason: refusal.reason };
    throw refusal;
  }
}

const droppedMembers: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

class Refusal extends Error {
  readonly reason: JsonRefusal;
  constructor(reason: JsonRefusal) {
    super(reason);
    this.reason = reason;
  }
}

const whitespace = /[ \t\n\r]*/y;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const literals: readonly (readonly [string, JsonValue])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonValue {
    this.#skip();
    const first = this.#text[this.#at];
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return this.#string();
    for (const [word, value] of literals) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    const number = Number(this.#match(numberToken));
    // RFC 8259 §6 lets a reader set the range; infinity is no value of JSON.
    if (!Number.isFinite(number)) throw new Refusal("not_json");
    return number;
  }

  end(): void {
    this.#skip();
    if (this.#at !== this.#text.length) throw new Refusal("not_json");
  }

  #object(depth: number): JsonObject {
    if (depth >= jsonLimits.maxDepth) throw new Refusal("too_deep");
    const members: Record<string, JsonValue> = Object.create(null);
    const seen = new Set<string>();
    this.#at += 1;
    if (this.#take("}")) return members;
    do {
      this.#skip();
      const name = this.#string();
      if (seen.has(name)) throw new Refusal("duplicate_member");
      seen.add(name);
      if (!this.#take(":")) throw new Refusal("not_json");
      const value = this.value(depth + 1);
      if (!droppedMembers.has(name)) members[name] = value;
    } while (this.#take(","));
    if (!this.#take("}")) throw new Refusal("not_json");
    return members;
  }

  #array(depth: number): JsonValue[] {
    if (depth >= jsonLimits.maxDepth) throw new Refusal("too_deep");
    const values: JsonValue[] = [];
    this.#at += 1;
    if (this.#take("]")) return values;
    do {
      values.push(this.value(depth + 1));
    } while (this.#take(","));
    if (!this.#take("]")) throw new Refusal("not_json");
    return values;
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') throw new Refusal("not_json");
    // Only the closing quote is looked for here; JSON.parse judges escapes and control characters.
    let close = this.#at + 1;
    while (close < this.#text.length && this.#text[close] !== '"')
      close += this.#text[close] === "\\" ? 2 : 1;
    const token = this.#text.slice(this.#at, close + 1);
    this.#at = close + 1;
    try {
      return JSON.parse(token) as string;
    } catch {
      throw new Refusal("not_json");
    }
  }

  #match(token: RegExp): string {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text)?.[0];
    if (found === undefined) throw new Refusal("not_json");
    this.#at += found.length;
    return found;
  }

  #take(character: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skip(): void {
    whitespace.lastIndex = this.#at;
    this.#at += whitespace.exec(this.#text)?.[0].length ?? 0;
  }
}
