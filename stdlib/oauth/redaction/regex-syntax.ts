/**
 * Reads the part of JavaScript's regular expressions that custom patterns may use into a tree.
 *
 * The source has been compiled with the `u` flag before, so its syntax is known to be valid.
 *
 * @module
 */

import {
  type CharSet,
  complement,
  digits,
  everything,
  lineEnds,
  normalised,
  spaces,
  wordCharacters,
} from "./code-point-set.ts";

/** Where something stands in the source, in code points. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

export interface SetNode {
  readonly kind: "set";
  readonly set: CharSet;
  readonly min: number;
  readonly max: number;
  /** Its quantifier; null when it has none. */
  readonly quantifier: Place | null;
}

export interface GroupNode {
  readonly kind: "group";
  readonly alternatives: readonly Sequence[];
  readonly min: number;
  readonly max: number;
}

/** `^`, `$`, `\b`, `\B`: matches a place, not a character. */
export interface AssertionNode {
  readonly kind: "assertion";
  readonly wordBoundary: boolean;
  readonly place: Place;
}

export type Node = SetNode | GroupNode | AssertionNode;
export type Sequence = readonly Node[];

/** What no custom pattern may contain; the message says why. */
export class UnsupportedSyntax extends Error {}

/**
 * The alternatives of a pattern.
 *
 * @throws UnsupportedSyntax for backreferences, lookaround and inline flags.
 */
export function parsePattern(source: string): readonly Sequence[] {
  return new Parser(Array.from(source)).alternatives();
}

class Parser {
  #at = 0;
  readonly #chars: readonly string[];

  constructor(chars: readonly string[]) {
    this.#chars = chars;
  }

  alternatives(): readonly Sequence[] {
    const alternatives: Node[][] = [[]];
    while (this.#at < this.#chars.length && this.#peek() !== ")") {
      if (this.#take("|")) alternatives.push([]);
      else alternatives.at(-1)?.push(this.#quantified(this.#term()));
    }
    return alternatives;
  }

  #term(): Node {
    const from = this.#at;
    const char = this.#next();
    if (char === "^" || char === "$")
      return { kind: "assertion", wordBoundary: false, place: { from, to: this.#at } };
    if (char === "(") return this.#group();
    if (char === ".") return one(complement(lineEnds));
    if (char === "[") return one(this.#class());
    if (char !== "\\") return one(single(char));
    const escaped = this.#peek();
    if (escaped === "b" || escaped === "B") {
      this.#at += 1;
      return { kind: "assertion", wordBoundary: escaped === "b", place: { from, to: this.#at } };
    }
    if (escaped === "k" || /[1-9]/.test(escaped)) throw new UnsupportedSyntax("it uses a backreference");
    return one(this.#escape());
  }

  #group(): Node {
    if (this.#take("?")) {
      const kind = this.#next();
      const look = this.#peek();
      if (kind === "=" || kind === "!" || (kind === "<" && (look === "=" || look === "!"))) {
        throw new UnsupportedSyntax("it uses lookahead or lookbehind");
      }
      if (kind === "<") while (this.#next() !== ">");
      else if (kind !== ":") throw new UnsupportedSyntax("it uses inline flags");
    }
    const alternatives = this.alternatives();
    this.#at += 1; // the closing parenthesis
    return { kind: "group", alternatives, min: 1, max: 1 };
  }

  #quantified(node: Node): Node {
    if (node.kind === "assertion") return node;
    let [min, max] = [1, 1];
    const from = this.#at;
    const char = this.#peek();
    if (char === "*") [min, max] = [0, Number.POSITIVE_INFINITY];
    else if (char === "+") [min, max] = [1, Number.POSITIVE_INFINITY];
    else if (char === "?") [min, max] = [0, 1];
    else if (char !== "{") return node;
    this.#at += 1;
    if (char === "{") {
      let bounds = "";
      for (let next = this.#next(); next !== "}"; next = this.#next()) bounds += next;
      const [least = "", most] = bounds.split(",");
      min = Number(least);
      max = most === undefined ? min : most === "" ? Number.POSITIVE_INFINITY : Number(most);
    }
    this.#take("?");
    if (node.kind === "group") return { ...node, min, max };
    return { ...node, min, max, quantifier: { from, to: this.#at } };
  }

  #class(): CharSet {
    const negated = this.#take("^");
    const ranges: (readonly [number, number])[] = [];
    while (!this.#take("]")) {
      const from = this.#classMember();
      const low = from.length === 1 && from[0]?.[0] === from[0]?.[1] ? from[0]?.[0] : undefined;
      if (low === undefined || this.#peek() !== "-" || this.#chars[this.#at + 1] === "]") {
        ranges.push(...from);
        continue;
      }
      this.#at += 1;
      const to = this.#classMember();
      ranges.push([low, to[0]?.[1] ?? low]);
    }
    const set = normalised(ranges);
    return negated ? complement(set) : set;
  }

  #classMember(): CharSet {
    const char = this.#next();
    if (char !== "\\") return single(char);
    if (this.#take("b")) return [[8, 8]];
    return this.#escape();
  }

  /** What follows a backslash, as a set. */
  #escape(): CharSet {
    const char = this.#next();
    switch (char) {
      case "d":
        return digits;
      case "D":
        return complement(digits);
      case "w":
        return wordCharacters;
      case "W":
        return complement(wordCharacters);
      case "s":
        return spaces;
      case "S":
        return complement(spaces);
      case "p":
      case "P":
        // Which characters a property has is not looked up: it counts as all of them.
        while (this.#next() !== "}");
        return everything;
      case "c":
        return code((this.#next().codePointAt(0) ?? 0) % 32);
      case "x":
        return code(this.#hex(2));
      case "u":
        return code(this.#unicode());
      default:
        return char in controls ? code(controls[char as keyof typeof controls]) : single(char);
    }
  }

  #unicode(): number {
    if (this.#take("{")) {
      let digitsRead = "";
      for (let next = this.#next(); next !== "}"; next = this.#next()) digitsRead += next;
      return Number.parseInt(digitsRead, 16);
    }
    const high = this.#hex(4);
    const isPair =
      high >= 0xd800 && high < 0xdc00 && this.#chars.slice(this.#at, this.#at + 2).join("") === "\\u";
    if (!isPair) return high;
    const back = this.#at;
    this.#at += 2;
    const low = this.#hex(4);
    if (low >= 0xdc00 && low < 0xe000) return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    this.#at = back;
    return high;
  }

  #hex(count: number): number {
    let text = "";
    for (let i = 0; i < count; i++) text += this.#next();
    return Number.parseInt(text, 16);
  }

  #peek(): string {
    return this.#chars[this.#at] ?? "";
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at += 1;
    return true;
  }

  #next(): string {
    const char = this.#chars[this.#at];
    if (char === undefined) throw new UnsupportedSyntax("it could not be read");
    this.#at += 1;
    return char;
  }
}

const controls = { t: 9, n: 10, v: 11, f: 12, r: 13, 0: 0 } as const;

function one(set: CharSet): SetNode {
  return { kind: "set", set, min: 1, max: 1, quantifier: null };
}

function single(char: string): CharSet {
  return code(char.codePointAt(0) ?? 0);
}

function code(point: number): CharSet {
  return [[point, point]];
}
