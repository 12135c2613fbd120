/**
 * The structural lane: redacts JSON-like values by field name, and every string in them by the text lane.
 *
 * @module
 */

import { credentialField } from "./field-names.ts";
import { placeholder, utf8Length } from "./placeholder.ts";
import type { Tally } from "./tally.ts";

/** What the walk needs from the engine. */
export interface TextLane {
  /** Redacts one text. */
  scrub(text: string, tally: Tally): string;
  /** True when the whole text is a placeholder of ours. */
  isPlaceholder(text: string): boolean;
}

/** Stands for an object that contains itself. */
export const circular = "[circular]";

const deepest = 64;
/** Members that tell that a `code` beside them is an authorization code (RFC 6749 §4.1.2, §4.1.3). */
const codeCompanions = ["state", "iss", "session_state", "code_verifier", "redirect_uri", "grant_type"];
function isAuthorizationCode(members: object, code: unknown): boolean {
  if (typeof code !== "string" || code.startsWith("HARN-")) return false;
  return codeCompanions.some((name) => Object.hasOwn(members, name));
}

/** Private members of a JSON Web Key (RFC 7518 §6). */
const privateKeyMembers: ReadonlySet<string> = new Set(["d", "p", "q", "dp", "dq", "qi", "k"]);

/**
 * A redacted copy of the same shape. Field names are redacted too. Errors become objects of their members; functions and
 * symbols become `undefined`, an object inside itself `[circular]`, and what lies deeper than 64 levels or cannot be
 * read `<redacted:unscannable:0>`.
 */
export function redactedCopy(value: unknown, lane: TextLane, tally: Tally): unknown {
  return new Walk(lane, tally).copy(value, null, 0);
}

class Walk {
  readonly #lane: TextLane;
  readonly #tally: Tally;
  readonly #ancestors = new Set<object>();
  /** Copies by field context, so that an object that occurs often is walked once. */
  readonly #done = new Map<string | null, Map<object, unknown>>();

  constructor(lane: TextLane, tally: Tally) {
    this.#lane = lane;
    this.#tally = tally;
  }

  /** `field`: the placeholder name when the value belongs to a credential field. */
  copy(value: unknown, field: string | null, depth: number): unknown {
    if (typeof value === "string")
      return field === null ? this.#lane.scrub(value, this.#tally) : this.#whole(value, field);
    if (typeof value === "function" || typeof value === "symbol") return undefined;
    if (typeof value !== "object" || value === null) return value;
    if (this.#ancestors.has(value)) return circular;
    if (depth >= deepest) return this.#unscannable();
    let done = this.#done.get(field);
    if (done === undefined) {
      done = new Map();
      this.#done.set(field, done);
    }
    const before = done.get(value);
    if (before !== undefined) return before;
    this.#ancestors.add(value);
    let copy: unknown;
    try {
      copy = this.#object(value, field, depth);
    } catch {
      copy = this.#unscannable();
    }
    this.#ancestors.delete(value);
    done.set(value, copy);
    return copy;
  }

  #object(value: object, field: string | null, depth: number): unknown {
    if (Object.getPrototypeOf(value) === Object.prototype) return this.#members(value, depth);
    if (Array.isArray(value)) return this.#array(value as unknown[], field, depth);
    if (value instanceof Date) return new Date(value.getTime());
    if (value instanceof URL) return this.copy(value.href, field, depth);
    if (Object.prototype.toString.call(value) === "[object String]")
      return this.copy(String.prototype.valueOf.call(value), field, depth);
    if (ArrayBuffer.isView(value))
      return this.#bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), field);
    if (value instanceof ArrayBuffer) return this.#bytes(new Uint8Array(value), field);
    if (value instanceof Map) return new Map([...value].map(([key, item]) => this.#entry(key, item, depth)));
    if (value instanceof Set) return new Set([...value].map((item) => this.copy(item, field, depth + 1)));
    return this.#members(value, depth);
  }

  #array(items: readonly unknown[], field: string | null, depth: number): unknown[] {
    const [name, value] = items;
    if (field === null && items.length === 2 && typeof name === "string" && typeof value === "string") {
      // A header or a cookie as a pair.
      return this.#entry(name, value, depth);
    }
    return Array.from(items, (item) => this.copy(item, field, depth + 1));
  }

  #entry(key: unknown, value: unknown, depth: number): [unknown, unknown] {
    const field = typeof key === "string" ? credentialField(key) : null;
    return [this.copy(key, null, depth + 1), this.copy(value, field, depth + 1)];
  }

  #members(value: object, depth: number): Record<string, unknown> {
    const given = value as Record<string, unknown>;
    // An error's own words are not enumerable. Its stack stays out: it holds the paths of the host.
    const names =
      value instanceof Error ? new Set(["name", "message", ...Object.keys(given)]) : Object.keys(given);
    const isKey = typeof given.kty === "string";
    const named = typeof given.name === "string" ? given.name : given.key;
    const pair = typeof named === "string" ? credentialField(named) : null;
    const result: Record<string, unknown> = {};
    let taken: Map<string, number> | undefined;
    for (const name of names) {
      const item = given[name];
      let field = credentialField(name);
      if (isKey && privateKeyMembers.has(name)) field = "private_key";
      if (name === "code" && isAuthorizationCode(given, item)) field = "code";
      if (name === "value" && pair !== null) field = pair;
      let shown = this.#lane.scrub(name, this.#tally);
      if (shown !== name) {
        taken ??= new Map();
        const before = taken.get(shown) ?? 0;
        taken.set(shown, before + 1);
        if (before > 0) shown += ` ${before + 1}`;
      }
      const copy = this.copy(item, field, depth + 1);
      // An assignment to __proto__ would set the prototype.
      if (shown === "__proto__")
        Object.defineProperty(result, shown, {
          value: copy,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      else result[shown] = copy;
    }
    return result;
  }

  #whole(text: string, field: string): string {
    if (text === "" || this.#lane.isPlaceholder(text)) return text;
    const bytes = utf8Length(text);
    this.#tally.add(field, bytes);
    return placeholder(field, bytes);
  }

  #bytes(bytes: Uint8Array, field: string | null): Uint8Array {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    const shown = field === null ? this.#lane.scrub(text, this.#tally) : this.#whole(text, field);
    return new Uint8Array(Buffer.from(shown, "latin1"));
  }

  #unscannable(): string {
    this.#tally.add("unscannable", 0);
    return placeholder("unscannable", 0);
  }
}
