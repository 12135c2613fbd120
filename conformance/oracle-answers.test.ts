/** What our client and `openid-client` make of the same token responses. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createOAuth, type OAuth } from "../stdlib/oauth/node.ts";
import { answers } from "./oracle-answers.test.support.ts";
import { acceptedByBoth, answerDifferences } from "./oracle-differences.test.support.ts";
import { type Recorder, startRecorder } from "./oracle-recorder.test.support.ts";
import { ourVerdict, theirVerdict } from "./oracle-verdicts.test.support.ts";

let recorder: Recorder;
let oauth: OAuth;
beforeAll(async () => {
  recorder = await startRecorder();
  oauth = createOAuth();
});
afterAll(async () => {
  await oauth.close();
  await recorder.close();
});

const differing = new Map(answerDifferences.map((row) => [row.what, row]));
const shown = answers.map((answer) => ({ ...answer, title: `${answer.id} ${answer.what}`.trim() }));

describe("they differ where the table says", () => {
  test.each(shown.filter(({ what }) => differing.has(what)))("$title", async (answer) => {
    const { ours } = differing.get(answer.what) ?? {};
    expect(await ourVerdict(oauth, recorder, answer)).toBe(ours);
    expect(await theirVerdict(recorder, answer)).toBe(ours === "accepts" ? "refuses" : "accepts");
  });
});

describe("they agree", () => {
  test.each(shown.filter(({ what }) => !differing.has(what)))("$title", async (answer) => {
    const both = acceptedByBoth.includes(answer.what) ? "accepts" : "refuses";
    expect(await ourVerdict(oauth, recorder, answer)).toBe(both);
    expect(await theirVerdict(recorder, answer)).toBe(both);
  });
});

test("the table has no row without an answer, and a reason in each", () => {
  const known = answers.map(({ what }) => what);
  expect(new Set(known).size).toBe(known.length);
  const named = [...answerDifferences.map(({ what }) => what), ...acceptedByBoth];
  expect(named.filter((what) => !known.includes(what))).toEqual([]);
  expect(new Set(named).size).toBe(named.length);
  for (const { why } of answerDifferences) expect(why).toMatch(/^[A-Z0-9`].{20,}\.$/);
});
