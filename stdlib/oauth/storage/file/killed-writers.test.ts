import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { filesIn } from "../../../../conformance/probes/files-in.ts";
import { storage } from "../../node.ts";
import { type Child, startChild } from "./process-lock.test.support.ts";

const key = "a key of enough characters";
/** How many writers are killed. */
const kills = process.env["HOLDFAST_DEEP"] === undefined ? 12 : 100;

let folder: string;
let path: string;
const writers = new Map<string, Child>();

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "killed-writers-")));
  path = join(folder, "tokens.bin");
});
afterEach(async () => {
  for (const writer of writers.values()) {
    writer.process.kill("SIGKILL");
    await writer.end();
  }
  await rm(folder, { recursive: true, force: true });
});

/** Counts its own entry up, one durable write after the other, and says each that is done. What it was told to be done before must be there. */
const counting = `
const [path, key, name, done] = args;
const store = createOAuth().storage.file(path, key);
let last = Number(done);
for (;;) {
  const found = Number((await store.get(name))?.access_token ?? 0);
  if (found < last) say("lost: found " + found + " after " + last);
  await store.set(name, { access_token: String(found + 1), token_type: "Bearer" });
  last = found + 1;
  say(String(last));
}`;

test("four writers that are killed at any moment lose no acknowledged update", {
  timeout: 900_000,
}, async () => {
  const acknowledged = new Map(["a", "b", "c", "d"].map((name) => [name, 0]));
  const names = [...acknowledged.keys()];
  const hear = (name: string, line: string): void => {
    expect(line).toMatch(/^\d+$/);
    acknowledged.set(name, Number(line));
  };
  const begin = (name: string): void => {
    writers.set(name, startChild(counting, path, key, name, String(acknowledged.get(name))));
  };
  const handle = storage.file(path, key);
  const nothingLost = async (): Promise<void> => {
    for (const name of names) {
      const before = acknowledged.get(name) ?? 0;
      expect(Number((await handle.get(name))?.access_token ?? 0)).toBeGreaterThanOrEqual(before);
    }
  };
  for (const name of names) begin(name);
  for (let killed = 0; killed < kills; killed += 1) {
    const name = names[killed % names.length] ?? "";
    const writer = writers.get(name);
    if (!writer) throw new Error("no writer");
    // At work, then killed wherever it is.
    hear(name, await writer.line());
    await sleep(Math.random() * 20);
    writer.process.kill("SIGKILL");
    const { code, rest } = await writer.end();
    expect(code).toBeNull();
    for (const line of rest) hear(name, line);
    await nothingLost();
    begin(name);
  }
  for (const [name, writer] of writers) {
    hear(name, await writer.line());
    writer.process.kill("SIGKILL");
    for (const line of (await writer.end()).rest) hear(name, line);
  }
  await nothingLost();
  const sum = [...acknowledged.values()].reduce((one, other) => one + other, 0);
  const { counter } = JSON.parse(await readFile(path, "utf8")) as { counter: number };
  expect(counter).toBeGreaterThanOrEqual(sum);
  // What the killed ones left behind goes with the next process.
  const next = startChild(
    'await createOAuth().storage.file(args[0], args[1]).get("a"); say("read");',
    path,
    key,
  );
  expect(await next.end()).toEqual({ code: 0, rest: ["read"] });
  expect((await filesIn(folder)).filter((file) => file.endsWith(".tmp"))).toEqual([]);
});
