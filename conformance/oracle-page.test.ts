import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { openidClientPage, openidClientText } from "./oracle-page.test.support.ts";

test("the page about openid-client is made from the tables", async () => {
  expect(await readFile(openidClientPage, "utf8")).toBe(openidClientText());
});

test("no cell of its tables breaks a row", () => {
  const rows = openidClientText()
    .split("\n")
    .filter((line) => line.startsWith("|"));
  for (const row of rows) expect([3, 6]).toContain(row.split("|").length - 1);
});
