/**
 * Client metadata as own plain data: what a caller hands over is copied once, and only the copy is judged and kept.
 *
 * @module
 */

/** Caps of one metadata object: bytes of its names and texts, values, levels. */
export const metadataLimits: {
  readonly maxBytes: number;
  readonly maxValues: number;
  readonly maxDepth: number;
} = { maxBytes: 65_536, maxValues: 2_048, maxDepth: 16 };

/** Stands in a copy where the original had something that JSON cannot hold. */
export const notData: unique symbol = Symbol("not JSON data");

export interface MetadataCopy {
  /** Null prototype; `__proto__` members are dropped at every level, `null` and undefined ones at the top. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Names of top-level members that hold {@link notData} somewhere. */
  readonly flawed: readonly string[];
  readonly bytes: number;
}

/**
 * Copies own enumerable data properties. Accessors are never called: they count as {@link notData}, as do functions,
 * numbers that are not finite, class instances and what lies too deep. Answers null for what holds too many values
 * or cannot be read at all. Never throws.
 */
export function copyMetadata(given: object): MetadataCopy | null {
  const copier = new Copier();
  const members = Object.create(null) as Record<string, unknown>;
  const flawed: string[] = [];
  try {
    for (const [name, value] of copier.ownData(given)) {
      const before = copier.flaws;
      const copy = copier.copy(value, 1);
      if (copy === null || copy === undefined) continue;
      members[name] = copy;
      if (copier.flaws > before) flawed.push(name);
    }
  } catch {
    // Over the cap, or a proxy that throws.
    return null;
  }
  return { members, flawed, bytes: copier.bytes };
}

class Copier {
  bytes = 0;
  flaws = 0;
  #values = 0;

  ownData(object: object): [string, unknown][] {
    const found: [string, unknown][] = [];
    for (const name of Object.keys(object)) {
      this.#count();
      if (name === "__proto__") continue;
      this.bytes += Buffer.byteLength(name);
      const property = Object.getOwnPropertyDescriptor(object, name);
      found.push([name, property && "value" in property ? property.value : notData]);
    }
    return found;
  }

  copy(value: unknown, depth: number): unknown {
    this.#count();
    switch (typeof value) {
      case "string":
        this.bytes += Buffer.byteLength(value);
        return value;
      case "boolean":
      case "undefined":
        return value;
      case "number":
        return Number.isFinite(value) ? value : this.#flaw();
      case "object":
        if (value === null) return null;
        return depth < metadataLimits.maxDepth ? this.#copyObject(value, depth) : this.#flaw();
      default:
        return this.#flaw();
    }
  }

  #copyObject(object: object, depth: number): unknown {
    if (Array.isArray(object)) {
      // A list of holes costs nothing to make and must not cost much here.
      this.#count(object.length);
      return Array.from({ length: object.length }, (_, index) => {
        const property = Object.getOwnPropertyDescriptor(object, index);
        const item = property && "value" in property ? this.copy(property.value, depth + 1) : undefined;
        return item === undefined ? this.#flaw() : item;
      });
    }
    const parent: unknown = Object.getPrototypeOf(object);
    if (parent !== null && parent !== Object.prototype) return this.#flaw();
    const copy = Object.create(null) as Record<string, unknown>;
    for (const [name, value] of this.ownData(object)) {
      const copied = this.copy(value, depth + 1);
      if (copied !== undefined) copy[name] = copied;
    }
    return copy;
  }

  #flaw(): typeof notData {
    this.flaws += 1;
    return notData;
  }

  #count(values = 1): void {
    this.#values += values;
    if (this.#values > metadataLimits.maxValues) throw new RangeError("too many values");
  }
}
