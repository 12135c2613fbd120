/**
 * Writes a redacted copy of a JSON text so that only what was redacted differs from it.
 *
 * `JSON.stringify` alone would round the number 12345678901234567890, and drop the spaces.
 *
 * @module
 */

/** The text does not tell which part of the copy belongs where. */
class Unclear extends Error {}

/**
 * The JSON text of `copy`, which is what redaction made of `value`, which is what `JSON.parse` made of `text`. Where the two do not
 * differ, `text` stays as it is. Only when an object has two members of one name, of which `value` knows one, is everything
 * written anew.
 */
export function rewrittenJson(text: string, value: unknown, copy: unknown): string {
  const whole = JSON.stringify(copy);
  if (whole === text) return text;
  const rewriter = new Rewriter(text);
  try {
    const result = rewriter.rewrite(value, copy);
    // What was put together is trusted only after it has been read again.
    return result === text || JSON.stringify(JSON.parse(result)) === whole ? result : whole;
  } catch (error) {
    if (error instanceof Unclear || error instanceof SyntaxError || error instanceof RangeError) return whole;
    throw error;
  }
}

class Rewriter {
  readonly #text: string;
  readonly #parts: string[] = [];
  #at = 0;
  /** Up to where the text is in the parts. */
  #written = 0;

  /** `text` is valid JSON. */
  constructor(text: string) {
    this.#text = text;
  }

  rewrite(value: unknown, copy: unknown): string {
    this.#value(value, copy);
    return this.#parts.join("") + this.#text.slice(this.#written);
  }

  /** Goes by what the text has: where a name comes twice, `value` is another one than stands here. */
  #value(value: unknown, copy: unknown): void {
    this.#space();
    const start = this.#at;
    const opening = this.#text[start];
    if (opening === "{" || opening === "[") {
      if (typeof value !== "object" || value === null || Array.isArray(value) !== (opening === "["))
        throw new Unclear();
      if (isRecord(value) && isRecord(copy)) this.#object(value, copy);
      else if (Array.isArray(value) && Array.isArray(copy)) this.#array(value, copy);
      else {
        this.#skipNested();
        this.#replace(start, copy);
      }
    } else {
      this.#skipScalar();
      if (value !== copy) this.#replace(start, copy);
    }
    this.#space();
  }

  #object(value: Readonly<Record<string, unknown>>, copy: Readonly<Record<string, unknown>>): void {
    const names = renamed(value, copy);
    const seen = new Set<string>();
    while (this.#hasNext("}")) {
      const start = this.#at;
      this.#skipString();
      const name = JSON.parse(this.#text.slice(start, this.#at)) as string;
      if (seen.has(name)) throw new Unclear();
      seen.add(name);
      const shown = names.get(name) ?? name;
      if (shown !== name) this.#replace(start, shown);
      this.#space();
      this.#at += 1; // the colon
      this.#value(value[name], copy[shown]);
    }
  }

  #array(value: readonly unknown[], copy: readonly unknown[]): void {
    for (let index = 0; this.#hasNext("]"); index += 1) this.#value(value[index], copy[index]);
  }

  /** Passes the opening bracket or a comma, or the closing bracket when nothing more comes. */
  #hasNext(closing: string): boolean {
    const isEnd = this.#text[this.#at] === closing;
    this.#at += 1;
    if (isEnd) return false;
    this.#space();
    if (this.#text[this.#at] !== closing) return true;
    this.#at += 1;
    return false;
  }

  #replace(start: number, copy: unknown): void {
    this.#parts.push(this.#text.slice(this.#written, start), JSON.stringify(copy));
    this.#written = this.#at;
  }

  #space(): void {
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }

  #skipString(): void {
    const text = this.#text;
    for (let quote = text.indexOf('"', this.#at + 1); ; quote = text.indexOf('"', quote + 1)) {
      if (quote === -1) throw new Unclear();
      let before = quote - 1;
      while (text[before] === "\\") before -= 1;
      if ((quote - before) % 2 === 0) continue;
      this.#at = quote + 1;
      return;
    }
  }

  #skipScalar(): void {
    if (this.#text[this.#at] === '"') return this.#skipString();
    while (this.#at < this.#text.length && !isBehindScalar(this.#text.charCodeAt(this.#at))) this.#at += 1;
  }

  /** An object or array of any depth. */
  #skipNested(): void {
    let depth = 0;
    do {
      const character = this.#text[this.#at];
      if (character === undefined) throw new Unclear();
      if (character === '"') {
        this.#skipString();
        continue;
      }
      if (character === "{" || character === "[") depth += 1;
      if (character === "}" || character === "]") depth -= 1;
      this.#at += 1;
    } while (depth > 0);
  }
}

/** The names that redaction changed: both objects have their members in the same order. */
function renamed(value: object, copy: object): ReadonlyMap<string, string> {
  const before = Object.keys(value).filter((name) => !Object.hasOwn(copy, name));
  const after = Object.keys(copy).filter((name) => !Object.hasOwn(value, name));
  if (before.length !== after.length) throw new Unclear();
  return new Map(before.map((name, index) => [name, after[index] ?? name]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** RFC 8259 §2: space, tab, line feed, carriage return. */
function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d;
}

/** White space, a comma, or the end of what the scalar stands in. */
function isBehindScalar(unit: number): boolean {
  return isSpace(unit) || unit === 0x2c || unit === 0x5d || unit === 0x7d;
}
