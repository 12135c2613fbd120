/**
 * Every rule of the text lane, with the texts that it is asked at.
 *
 * @module
 */

import { charClass } from "./char-class.ts";
import { jwtLiterals, jwtRule } from "./jwt.ts";
import { keptLiterals, keptRule } from "./kept-placeholder.ts";
import { namedValueRules } from "./named-values.ts";
import { privateKeyLiterals, privateKeyRule } from "./private-key.ts";
import type { Rule } from "./reading.ts";
import { basicLiterals, basicRule, bearerLiterals, bearerRule } from "./scheme.ts";
import { shapeRule } from "./shape-rule.ts";
import type { Anchored } from "./pass.ts";
import type { BeforeLiterals } from "./text-lane.ts";
import type { SpecialForm, TokenFamily } from "./token-shape.ts";
import { userinfoLiterals, userinfoRule } from "./userinfo.ts";

/** Named values rank behind every shape, so that a token of a known shape keeps the shape's name. */
const namedRank = 100_000;

/** The rules of a catalogue (the families' order is their rank), and those that no catalogue lists. */
export function rulesOf(families: readonly TokenFamily[]): readonly Anchored[] {
  const shapes = families.flatMap((family, i) => familyRules(family, i + 1));
  const assignment = families.find(({ special }) => special === "assignment")?.name ?? null;
  const named = namedValueRules(namedRank, assignment).flatMap(({ literals, rule }) =>
    literals.map((literal): Anchored => ({ literal, rule })),
  );
  return [
    ...shapes,
    ...named,
    ...at(userinfoLiterals, userinfoRule(namedRank)),
    ...at(keptLiterals, keptRule),
  ];
}

/** What the shapes of a catalogue look at before their literals. */
export function beforeLiterals(families: readonly TokenFamily[]): BeforeLiterals {
  const heads = families.flatMap(({ shapes }) => shapes.flatMap(({ before }) => before ?? []));
  const of = charClass("").slice();
  for (const text of new Set(heads.map((head) => head.of))) {
    const members = charClass(text);
    for (let code = 0; code < of.length; code++) of[code] ||= members[code] ?? 0;
  }
  return { of, max: Math.max(0, ...heads.map(({ max }) => max)) };
}

function familyRules(family: TokenFamily, rank: number): readonly Anchored[] {
  const { name, shapes, special } = family;
  const shaped = shapes.flatMap((shape) =>
    at(shape.literals, shapeRule(shape, name, rank), shape.ignoreCase === true),
  );
  return special === undefined ? shaped : [...shaped, ...specialRules(special, name, rank)];
}

function specialRules(form: SpecialForm, name: string, rank: number): readonly Anchored[] {
  switch (form) {
    case "jwt":
      return at(jwtLiterals, jwtRule(name, rank));
    case "private-key":
      return at(privateKeyLiterals, privateKeyRule(name, rank));
    case "bearer":
      return at(bearerLiterals, bearerRule(name, rank), true);
    case "basic":
      return at(basicLiterals, basicRule(name, rank), true);
    case "assignment":
      // A rule of its names, see namedValueRules.
      return [];
  }
}

function at(literals: readonly string[], rule: Rule, ignoreCase = false): readonly Anchored[] {
  return literals.map((text) => ({ literal: { text, ignoreCase }, rule }));
}
