/**
 * Tokens of the catalogue, made up.
 *
 * @module
 */

import { tokenFamilies } from "../../../stdlib/oauth/redaction/catalogue/index.ts";
import {
  type Random,
  sampleSpecial,
  sampleToken,
} from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { between, oneOf } from "./randomness.ts";

/** The families that most logs meet first. */
const common: ReadonlySet<string> = new Set([
  "jwt",
  "github_token",
  "github_pat_fine",
  "gitlab_token",
  "slack_token",
  "aws_access_key",
  "openai_key",
  "anthropic_key",
  "stripe_key",
  "npm_token",
  "google_api_key",
  "huggingface_token",
]);

/** One kind of token: a shape, or a special form. */
export interface TokenKind {
  readonly family: string;
  /** Found inside a word too. */
  readonly isStrong: boolean;
  /** A text that holds a token with up to `more` characters beyond the least, and what of it must go. */
  readonly sample: (random: Random, more?: number) => { readonly text: string; readonly secret: string };
}

/** Every kind that the catalogue lists. */
export const tokenKinds: readonly TokenKind[] = tokenFamilies.flatMap(
  ({ name, shapes, special }): readonly TokenKind[] => [
    ...shapes.map((shape) => ({
      family: name,
      isStrong: shape.guard === "none",
      sample: (random: Random, more = 0) => {
        const token = sampleToken(shape, random, between(random, 0, more));
        return { text: token, secret: token };
      },
    })),
    ...(special === undefined
      ? []
      : [
          {
            family: name,
            isStrong: special === "jwt" || special === "private-key",
            sample: (random: Random) => {
              const text = sampleSpecial(special, random);
              // A scheme or a name in front stays.
              const secret = /^(?:bearer|dpop|basic|password)[\s="]+([^"]+)/i.exec(text)?.[1];
              return { text, secret: secret ?? text };
            },
          },
        ]),
  ],
);

/** Tokens of the common families in turn. */
export function commonTokens(random: Random, count: number): readonly string[] {
  const kinds = tokenKinds.filter(({ family }) => common.has(family));
  const tokens: string[] = [];
  while (tokens.length < count) {
    const { secret } = oneOf(random, kinds).sample(random);
    if (secret.length < 250) tokens.push(secret);
  }
  return tokens;
}
