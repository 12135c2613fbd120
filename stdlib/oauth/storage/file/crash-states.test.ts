import { mkdtemp, realpath, rm } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Entry } from "../entry.ts";
import { type Call, crashStates, type Folder, recording } from "./crash-states.test.support.ts";
import { FileKey } from "./file-key.ts";
import { FileStore } from "./file-store.ts";
import { nodeFileSystem } from "./file-system.ts";
import { decryptFile } from "./read-file.ts";

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const keys = [1, 2].map((byte) => new FileKey("raw", new Uint8Array(32).fill(byte))) as [FileKey, FileKey];
const deep = process.env["HOLDFAST_DEEP"] !== undefined;

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "crash-states-")));
  path = join(folder, "tokens.bin");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function entry(access_token: string): Entry {
  return {
    token_set: { access_token, token_type: "Bearer", refresh_token: `refresh ${access_token}` },
    ttl_seconds: null,
    binding: null,
    generation: "g",
    version: 1,
    updated_at_unix: 1,
    intent: null,
  };
}

/** Steps that a user of the store is told the end of, one after the other. */
type Step = (stores: readonly [FileStore, FileStore]) => Promise<unknown>;

const put =
  (name: string, token: string): Step =>
  ([store]) =>
    store.change(name, random, () => entry(token));
const remove =
  (name: string): Step =>
  ([store]) =>
    store.change(name, random, () => null);
const addKey: Step = ([store]) => store.addKey(keys[1], random);
const retire: Step = ([, store]) => store.replaceKeys(keys[1], random);
const rekey: Step = ([store]) => store.replaceKeys(keys[1], random);

/** What is stored, and which of the keys open it, as one text. "unreadable" when something is there that no key opens. */
async function meaning(bytes: Uint8Array | undefined): Promise<string> {
  if (bytes === undefined) return "nothing";
  const found = await Promise.all(
    keys.map((key) =>
      decryptFile(bytes, key).then(
        ({ entries }) =>
          JSON.stringify([...entries].map(([name, { token_set }]) => [name, token_set.access_token])),
        () => "closed",
      ),
    ),
  );
  return found.every((text) => text === "closed") ? "unreadable" : found.join(" | ");
}

interface Judged {
  readonly states: number;
  /** Something is there that no key opens. */
  readonly unreadable: number;
  /** The state from before an acknowledged step. */
  readonly lost: number;
  /** Neither the state before a step nor the one after it. */
  readonly neither: number;
}

/** Runs the steps for real, then judges every crash state of them. `leaveOut`: calls that the judge is not told of. */
async function judged(
  before: readonly Step[],
  steps: readonly Step[],
  leaveOut?: Call["call"],
): Promise<Judged> {
  const quiet = keys.map((key) => new FileStore(path, key)) as [FileStore, FileStore];
  for (const step of before) await step(quiet);
  const read = async (): Promise<Uint8Array | undefined> => {
    const file = await nodeFileSystem.openToRead(path).catch(() => null);
    if (!file) return undefined;
    try {
      return await file.readFile();
    } finally {
      await file.close();
    }
  };
  const name = basename(path);
  const start = await read();
  const durable: Folder = new Map(start ? [[name, start]] : []);
  const calls: Call[] = [];
  const fs = recording(nodeFileSystem, calls);
  const stores = keys.map((key) => new FileStore(path, key, fs)) as [FileStore, FileStore];
  const meanings = [await meaning(start)];
  for (const step of steps) {
    await step(stores);
    calls.push({ call: "acknowledge" });
    meanings.push(await meaning(await read()));
  }
  const told = calls.filter(({ call }) => call !== leaveOut);
  const count = { states: 0, unreadable: 0, lost: 0, neither: 0 };
  for (const crash of crashStates(durable, told, lengths)) {
    count.states += 1;
    const found = await meaning(crash.folder.get(name));
    const allowed = meanings.slice(crash.acknowledged, crash.acknowledged + 2);
    if (found === "unreadable") count.unreadable += 1;
    else if (meanings.slice(0, crash.acknowledged).includes(found) && !allowed.includes(found))
      count.lost += 1;
    else if (!allowed.includes(found)) count.neither += 1;
  }
  return count;
}

/** Of an unsynced write: all lengths under `npm run test:deep`, else the telling ones. */
function lengths(whole: number): readonly number[] {
  if (deep) return Array.from({ length: whole + 1 }, (_, length) => length);
  return [...new Set([0, 1, 512, whole >> 1, whole - 1, whole])].filter((length) => length <= whole);
}

const scenarios: readonly (readonly [string, readonly Step[], readonly Step[]])[] = [
  ["the first write", [], [put("a", "1")]],
  ["an update", [put("a", "1")], [put("a", "2")]],
  ["two updates", [put("a", "1")], [put("a", "2"), put("b", "3")]],
  ["the removal of the last entry", [put("a", "1")], [remove("a")]],
  ["a removal and a new beginning", [put("a", "1")], [remove("a"), put("a", "2")]],
  ["an added key", [put("a", "1")], [addKey]],
  ["a retired key", [put("a", "1"), addKey], [retire]],
  [
    "a rekeying in one step, then an update",
    [put("a", "1")],
    [rekey, ([, next]) => put("a", "2")([next, next])],
  ],
];

describe("every crash state", { timeout: 600_000 }, () => {
  test.each(scenarios)(
    "of %s is the one before or the one after, and what was acknowledged",
    async (_, before, steps) => {
      const { states, ...bad } = await judged(before, steps);
      expect(states).toBeGreaterThan(2 * steps.length + 1);
      expect(bad).toEqual({ unreadable: 0, lost: 0, neither: 0 });
    },
  );
});

describe("the judge sees", { timeout: 600_000 }, () => {
  test("what the sync of the file is for", async () => {
    const { unreadable } = await judged([put("a", "1")], [put("a", "2")], "sync file");
    expect(unreadable).toBeGreaterThan(0);
  });

  test("what the sync of the folder is for", async () => {
    const updates = await judged([put("a", "1")], [put("a", "2")], "sync folder");
    expect(updates.unreadable).toBe(0);
    expect(updates.lost).toBeGreaterThan(0);
    expect((await judged([put("a", "1")], [remove("a")], "sync folder")).lost).toBeGreaterThan(0);
    expect((await judged([put("a", "1"), addKey], [retire], "sync folder")).lost).toBeGreaterThan(0);
  });
});
