/**
 * The catalogue as one would write it with regular expressions. They find less than the engine: no escapes before a weak shape, no
 * encodings, no names of fields, and no look into what a JWT or Basic credentials decode to.
 *
 * @module
 */

import { tokenFamilies } from "../../../stdlib/oauth/redaction/catalogue/index.ts";
import type { SpecialForm, TokenShape } from "../../../stdlib/oauth/redaction/token-shape.ts";

const special: Readonly<Record<SpecialForm, string>> = {
  jwt: "eyJ[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*(?:\\.[A-Za-z0-9_-]*){0,2}",
  "private-key": "-----BEGIN [A-Z ]*PRIVATE KEY[A-Z ]*-----[\\s\\S]*?-----END [A-Z ]*PRIVATE KEY[A-Z ]*-----",
  bearer: `${anyCase("bearer")}[ \\t]+[A-Za-z0-9._~+/=-]{12,}`,
  basic: `${anyCase("basic")}[ \\t]+[A-Za-z0-9+/_-]{8,}=*`,
  assignment: `${anyCase("password")}["']?[ \\t]*[:=][ \\t]*["']?[^\\s"']{8,}`,
};

const guard = "(?<![A-Za-z0-9])";

/** A loop of `replace`, an expression for each family. */
export function replaceLoop(): (text: string) => string {
  const expressions = tokenFamilies.map(({ name, shapes, special: form }) => {
    const sources = shapes.map((shape) => (isGuarded(shape) ? guard : "") + shapeSource(shape));
    if (form !== undefined) sources.push(special[form]);
    return [new RegExp(sources.join("|"), "g"), `<redacted:${name}>`] as const;
  });
  return (text) => {
    let result = text;
    for (const [expression, word] of expressions) result = result.replace(expression, word);
    return result;
  };
}

/**
 * One expression for all shapes that begin with their literal; guard and family are asked for only where it matches. With a named group
 * for each family, a guard inside, or the other shapes, V8 takes up to seventy times as long.
 */
export function alternation(): (text: string) => string {
  const parts = tokenFamilies.flatMap(({ name, shapes, special: form }) => [
    ...shapes
      .filter(({ before }) => before === undefined)
      .map((shape) => ({ name, source: shapeSource(shape), isGuarded: isGuarded(shape) })),
    ...(form === undefined ? [] : [{ name, source: special[form], isGuarded: false }]),
  ]);
  const all = new RegExp(parts.map(({ source }) => source).join("|"), "g");
  const each = parts.map(({ name, source, isGuarded }) => ({
    name,
    isGuarded,
    expression: new RegExp(`^(?:${source})`),
  }));
  return (text) =>
    text.replace(all, (match: string, at: number) => {
      const part = each.find(({ expression }) => expression.test(match));
      if (part === undefined) return "<redacted>";
      const isInside = at > 0 && /[A-Za-z0-9]/.test(text.charAt(at - 1));
      return part.isGuarded && isInside ? match : `<redacted:${part.name}>`;
    });
}

function isGuarded(shape: TokenShape): boolean {
  return shape.guard === "alphanumeric";
}

function shapeSource({ literals, ignoreCase, before, least, body }: TokenShape): string {
  const head = before === undefined ? "" : `${set(before.of)}{${before.min},${before.max}}`;
  const texts = literals.map((literal) => (ignoreCase === true ? anyCase(literal) : escaped(literal)));
  const parts = least.map((part) =>
    typeof part === "string" ? escaped(part) : `${set(part.of)}{${part.length}}`,
  );
  const tail = body === "" ? "" : `${set(body)}*`;
  // No brackets that are not needed: V8 does not compile to machine code what is longer than 20 KiB.
  const any = texts.length === 1 ? texts.join("") : `(?:${texts.join("|")})`;
  return `${head}${any}${parts.join("")}${tail}`;
}

function set(characters: string): string {
  return `[${characters.replace(/[\\\]^]/g, "\\$&")}]`;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

function anyCase(text: string): string {
  return Array.from(text, (char) =>
    /[a-z]/i.test(char) ? `[${char.toLowerCase()}${char.toUpperCase()}]` : escaped(char),
  ).join("");
}
