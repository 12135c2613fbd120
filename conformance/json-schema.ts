/**
 * Checks data against a JSON Schema (2020-12): the keywords that our own schemas use. A keyword that it does not know is
 * an error, so that no rule is silently left out.
 *
 * @module
 */

type Schema = Readonly<Record<string, unknown>>;

/** One thing that is wrong, and where: a JSON Pointer. */
export interface SchemaProblem {
  readonly at: string;
  readonly message: string;
}

type Rule = (value: unknown, rule: never, at: string, check: Check, schema: Schema) => SchemaProblem[];
type Check = (schema: unknown, value: unknown, at: string) => SchemaProblem[];

/** Everything that is wrong with a value. @throws TypeError for a schema with a keyword or reference that is unknown. */
export function checkSchema(root: Schema, value: unknown): readonly SchemaProblem[] {
  const check: Check = (schema, part, at) => {
    if (!isObject(schema)) throw new TypeError("a schema must be an object");
    return Object.entries(schema).flatMap(([keyword, rule]) => {
      if (annotations.has(keyword)) return [];
      if (keyword === "$ref") return check(resolve(root, rule), part, at);
      const known = Object.hasOwn(rules, keyword) ? rules[keyword] : undefined;
      if (known === undefined) throw new TypeError(`the schema has the unknown keyword ${keyword}`);
      return known(part, rule as never, at, check, schema);
    });
  };
  return check(root, value, "");
}

const annotations: ReadonlySet<string> = new Set(["$schema", "$id", "$defs", "title", "description"]);

const rules: Readonly<Record<string, Rule>> = {
  type: (value, rule: string, at) =>
    typeOf(value, rule) ? [] : [{ at, message: `must be of type ${rule}` }],
  const: (value, rule: unknown, at) =>
    same(value, rule) ? [] : [{ at, message: `must be ${JSON.stringify(rule)}` }],
  enum: (value, rule: readonly unknown[], at) =>
    rule.some((item) => same(value, item)) ? [] : [{ at, message: `must be one of ${rule.join(", ")}` }],
  pattern: (value, rule: string, at) =>
    typeof value !== "string" || new RegExp(rule, "u").test(value)
      ? []
      : [{ at, message: `must match ${rule}` }],
  minLength: (value, rule: number, at) =>
    typeof value !== "string" || value.length >= rule
      ? []
      : [{ at, message: `must have at least ${rule} characters` }],
  minimum: (value, rule: number, at) =>
    typeof value !== "number" || value >= rule ? [] : [{ at, message: `must be at least ${rule}` }],
  minItems: (value, rule: number, at) =>
    !Array.isArray(value) || value.length >= rule
      ? []
      : [{ at, message: `must have at least ${rule} entries` }],
  minProperties: (value, rule: number, at) =>
    !isObject(value) || Object.keys(value).length >= rule
      ? []
      : [{ at, message: `must have at least ${rule} members` }],
  required: (value, rule: readonly string[], at) =>
    isObject(value)
      ? rule
          .filter((name) => !Object.hasOwn(value, name))
          .map((name) => ({ at, message: `must have the member "${name}"` }))
      : [],
  properties: (value, rule: Schema, at, check) =>
    isObject(value)
      ? Object.entries(rule).flatMap(([name, schema]) =>
          Object.hasOwn(value, name) ? check(schema, value[name], below(at, name)) : [],
        )
      : [],
  additionalProperties: (value, rule: unknown, at, check, schema) => {
    if (!isObject(value)) return [];
    const known = isObject(schema.properties) ? schema.properties : {};
    return Object.keys(value)
      .filter((name) => !Object.hasOwn(known, name))
      .flatMap((name) =>
        rule === false
          ? [{ at, message: `must not have the member "${name}"` }]
          : check(rule, value[name], below(at, name)),
      );
  },
  items: (value, rule: unknown, at, check) =>
    Array.isArray(value) ? value.flatMap((item, index) => check(rule, item, below(at, String(index)))) : [],
  contains: (value, rule: unknown, at, check) =>
    !Array.isArray(value) || value.some((item) => check(rule, item, at).length === 0)
      ? []
      : [{ at, message: describe("no entry is what one must be", rule) }],
  allOf: (value, rule: readonly unknown[], at, check) => rule.flatMap((schema) => check(schema, value, at)),
  anyOf: (value, rule: readonly unknown[], at, check, schema) => {
    const found = rule.map((option) => check(option, value, at));
    if (found.some((problems) => problems.length === 0)) return [];
    // The option that the author most likely meant is the one whose problems lie deepest.
    const deepest = found.toSorted((a, b) => depth(b) - depth(a))[0] ?? [];
    return depth(deepest) > at.split("/").length
      ? deepest
      : [{ at, message: describe("is none of the possible forms", schema) }];
  },
  oneOf: (value, rule: readonly unknown[], at, check, schema) =>
    rule.filter((option) => check(option, value, at).length === 0).length === 1
      ? []
      : [{ at, message: describe("must be exactly one of the possible forms", schema) }],
  not: (value, rule: unknown, at, check) =>
    check(rule, value, at).length > 0 ? [] : [{ at, message: `must not be ${JSON.stringify(value)}` }],
};

function depth(problems: readonly SchemaProblem[]): number {
  return Math.max(0, ...problems.map(({ at }) => at.split("/").length));
}

function describe(sentence: string, schema: unknown): string {
  return isObject(schema) && typeof schema.description === "string"
    ? `${sentence}: ${schema.description}`
    : sentence;
}

function below(at: string, name: string): string {
  return `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function resolve(root: Schema, reference: unknown): unknown {
  if (typeof reference !== "string" || !reference.startsWith("#/"))
    throw new TypeError("a reference must be local");
  let found: unknown = root;
  for (const name of reference.slice(2).split("/")) found = isObject(found) ? found[name] : undefined;
  if (found === undefined) throw new TypeError(`the schema has no ${reference}`);
  return found;
}

function typeOf(value: unknown, type: string): boolean {
  switch (type) {
    case "object":
      return isObject(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
