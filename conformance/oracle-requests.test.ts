/** The requests of our client beside those of `openid-client`, for one configuration. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { createOAuth, type OAuth } from "../stdlib/oauth/node.ts";
import { groups, requestDifferences } from "./oracle-differences.test.support.ts";
import { type Recorder, startRecorder } from "./oracle-recorder.test.support.ts";
import { type Difference, differences, partsOf } from "./oracle-request-parts.test.support.ts";
import type { Pair } from "./oracle-pairs.test.support.ts";
import { everyPair } from "./oracle-steps.test.support.ts";

let recorder: Recorder;
let oauth: OAuth;
let pairs: readonly Pair[];
beforeAll(async () => {
  recorder = await startRecorder();
  oauth = createOAuth();
  pairs = await everyPair(oauth, recorder);
});
afterAll(async () => {
  await oauth.close();
  await recorder.close();
});

function found({ ours, theirs }: Pair): readonly Difference[] {
  if (ours && theirs) return differences(partsOf(ours, recorder.issuer), partsOf(theirs, recorder.issuer));
  return [{ part: "request", ours: ours?.path ?? null, theirs: theirs?.path ?? null }];
}

test("every kind of request was made by both", () => {
  const names = pairs.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBe(30);
  expect(pairs.filter(({ ours, theirs }) => !ours || !theirs).map(({ name }) => name)).toEqual([
    "discovery after 404",
  ]);
});

test("they differ exactly where the table says, and nowhere else", () => {
  const measured = pairs.flatMap((pair) =>
    found(pair).map(({ part, ours, theirs }) => ({ in: pair.name, part, ours, theirs })),
  );
  const named = (where: (typeof requestDifferences)[number]["in"]): readonly string[] => {
    if (typeof where !== "string") return where;
    const made = pairs.filter(({ ours, theirs }) => ours && theirs);
    return made.filter(({ name, ours }) => groups[where](name, ours?.body ?? "")).map(({ name }) => name);
  };
  const stated = requestDifferences.flatMap(({ part, in: where, ours, theirs }) =>
    named(where).map((name) => ({ in: name, part, ours, theirs })),
  );
  const sorted = (rows: readonly object[]): readonly string[] =>
    rows.map((row) => JSON.stringify(row)).toSorted();
  expect(sorted(measured)).toEqual(sorted(stated));
});

test("each difference has a reason", () => {
  for (const { why } of requestDifferences) expect(why).toMatch(/^[A-Z0-9`].{20,}\.$/);
});
