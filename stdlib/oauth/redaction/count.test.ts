import { expect, test } from "vitest";
import { countIn } from "./count.ts";
import { createRedactor } from "./engine.ts";

const token = ["gh", "p_", "aB3dE6gH9j".repeat(4).slice(0, 36)].join("");

async function* parts(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

test("counts what is found, across parts", async () => {
  const redactor = createRedactor();
  expect(await countIn(redactor, parts(`a ${token.slice(0, 9)}`, token.slice(9), ` ${token}`))).toMatchObject(
    {
      match_count: 2,
      bytes_redacted: 80,
      patterns: { github_token: { match_count: 2, bytes_redacted: 80 } },
    },
  );
  expect(await countIn(redactor, parts("nothing"))).toMatchObject({ match_count: 0, patterns: {} });
  expect(redactor.auditTotals().match_count).toBe(0);
});

test("an error of the source comes back", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("a");
    throw new Error("broken");
  }
  await expect(countIn(createRedactor(), broken())).rejects.toThrow("broken");
});
