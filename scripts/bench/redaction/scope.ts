/**
 * Which labelled secrets the catalogue says it knows: those that hold one of its literals, or a special form.
 *
 * @module
 */

import { tokenFamilies } from "../../../stdlib/oauth/redaction/catalogue/index.ts";
import type { SpecialForm, TokenShape } from "../../../stdlib/oauth/redaction/token-shape.ts";

const special: Readonly<Record<SpecialForm, RegExp | null>> = {
  jwt: /(?:eyJ|eyAi|ewog)[A-Za-z0-9_-]*\./,
  "private-key": /-----BEGIN [A-Z ]*PRIVATE KEY/,
  bearer: /(?:bearer|dpop)[ \t]+\S/i,
  basic: /basic[ \t]+[A-Za-z0-9+/]{8}/i,
  // Found by a name, which the secret itself does not have.
  assignment: null,
};

/** Where a token of the shape may begin; what comes behind the literal is not looked at. */
function beginning({ literals, ignoreCase, guard, before }: TokenShape): RegExp {
  const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  const left = guard === "alphanumeric" ? "(?<![A-Za-z0-9])" : "";
  const head =
    before === undefined ? "" : `[${before.of.replace(/[\\\]^]/g, "\\$&")}]{${before.min},${before.max}}`;
  return new RegExp(`${left}${head}(?:${literals.map(escape).join("|")})`, ignoreCase === true ? "i" : "");
}

const beginnings: readonly RegExp[] = tokenFamilies.flatMap((family) => {
  const own = family.special === undefined ? null : special[family.special];
  return [...family.shapes.map(beginning), ...(own === null ? [] : [own])];
});

/** True for a secret in which a token of the catalogue seems to begin. */
export function isInScope(secret: string): boolean {
  return beginnings.some((expression) => expression.test(secret));
}

const plain = tokenFamilies.flatMap(({ shapes }) =>
  shapes.filter(({ before }) => before === undefined).map(beginning),
);

/** How many of a secret's first characters are those of its kind: a label often holds the whole address of a webhook. */
export function knownBeginning(secret: string): number {
  const ends = plain.flatMap((expression) => {
    const found = expression.exec(secret);
    return found !== null && /^(?:[a-z]+:\/\/[\w.-]*)?$/i.test(secret.slice(0, found.index))
      ? [found.index + found[0].length]
      : [];
  });
  return Math.max(0, ...ends);
}
