import { expect, test } from "vitest";
import { createRedactor } from "./redaction/engine.ts";
import { knowTokens } from "./known-tokens.ts";
import type { TokenSet } from "./token-set.ts";

function knowing(trusted: boolean) {
  const redactor = createRedactor();
  const holder = { redactor, run: { trusted } };
  return { redactor, know: (place: string, set: TokenSet) => knowTokens(holder, place, set) };
}

const generation = (number: number): TokenSet => ({
  access_token: `opaque access number ${number}.`,
  refresh_token: `opaque refresh number ${number}.`,
  token_type: "Bearer",
});

test("tokens in use stay known, and of those that they replaced the newest", () => {
  const { redactor, know } = knowing(true);
  const idle = generation(-1);
  know("idle", idle);
  for (let number = 0; number < 1_000; number += 1) know("busy", generation(number));
  const isKnown = ({ access_token, refresh_token = "" }: TokenSet): boolean =>
    [access_token, refresh_token].every((token) => !redactor.redact(`[${token}]`).includes(token));
  expect([idle, generation(999), generation(998), generation(750)].map(isKnown)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  const { access_token } = generation(748);
  expect(redactor.redact(`[${access_token}]`)).toBe(`[${access_token}]`);
});

test("a token that comes back is known again", () => {
  const { redactor, know } = knowing(true);
  for (let number = 0; number < 1_000; number += 1) know("busy", generation(number));
  know("busy", generation(3));
  const { access_token } = generation(3);
  expect(redactor.redact(`[${access_token}]`)).not.toContain(access_token);
});

test("a sandboxed run pushes nothing out", () => {
  const { redactor, know } = knowing(false);
  for (let number = 0; number < 1_000; number += 1) know("busy", generation(number));
  const { access_token } = generation(0);
  expect(redactor.redact(`[${access_token}]`)).not.toContain(access_token);
});
