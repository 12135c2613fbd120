import { randomBytes } from "node:crypto";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { filesIn } from "../../../../conformance/probes/files-in.ts";
import type { Entry } from "../entry.ts";
import { FileKey } from "./file-key.ts";
import { FileStore } from "./file-store.ts";
import { type FileSystem, nodeFileSystem, type OpenFile } from "./file-system.ts";

const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)) };
const key = new FileKey("raw", new Uint8Array(32).fill(1));
const newKey = new FileKey("raw", new Uint8Array(32).fill(2));

let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "each-call-fails-")));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Failing {
  readonly fs: FileSystem;
  /** True when the call to fail was reached. */
  reached(): boolean;
}

/** Every call is counted; those for which `fails` says so reject with the system's error. A file that cannot be closed is closed all the same. */
function failing(code: string, fails: (call: number) => boolean): Failing {
  let calls = 0;
  let reached = false;
  const check = (): void => {
    calls += 1;
    if (!fails(calls)) return;
    reached = true;
    throw Object.assign(new Error(`${code}: a system's text`), { code });
  };
  const file = (opened: OpenFile): OpenFile => ({
    stat: async () => (check(), await opened.stat()),
    readFile: async () => (check(), await opened.readFile()),
    async writeFile(bytes) {
      try {
        check();
      } catch (error) {
        // Half of it reaches the disk, as on a full one.
        await opened.writeFile(bytes.subarray(0, bytes.length >> 1));
        throw error;
      }
      await opened.writeFile(bytes);
    },
    sync: async () => (check(), await opened.sync()),
    async close() {
      await opened.close();
      check();
    },
  });
  const real = nodeFileSystem;
  return {
    reached: () => reached,
    fs: {
      openToRead: async (path) => (check(), file(await real.openToRead(path))),
      create: async (path, mode) => (check(), file(await real.create(path, mode))),
      rename: async (from, to) => (check(), await real.rename(from, to)),
      unlink: async (path) => (check(), await real.unlink(path)),
      makeFolder: async (path) => (check(), await real.makeFolder(path)),
      list: async (path) => (check(), await real.list(path)),
      realPath: async (path) => (check(), await real.realPath(path)),
      look: (path) => (check(), real.look(path)),
    },
  };
}

function entry(access_token: string): Entry {
  return {
    token_set: { access_token, token_type: "Bearer" },
    ttl_seconds: null,
    binding: null,
    generation: "g",
    version: 1,
    updated_at_unix: 1,
    intent: null,
  };
}

const put = (store: FileStore, token: string): Promise<boolean> =>
  store.change("k", random, () => entry(token));

/** What is stored, and by which keys, as one text. Throws when something is there that no key opens. */
async function stateOf(path: string): Promise<string> {
  const tokens = await Promise.all(
    [key, newKey].map((of) =>
      new FileStore(path, of).read("k").then(
        (found) => found?.token_set.access_token ?? "nothing",
        (error: unknown) => {
          expect(String(error)).toContain("the key is not the one");
          return "closed";
        },
      ),
    ),
  );
  expect(tokens).not.toEqual(["closed", "closed"]);
  return tokens.join(" | ");
}

/** What is stored before, what is done, and what is stored after it. */
const scenarios: Readonly<
  Record<
    string,
    {
      readonly before: string | null;
      readonly run: (store: FileStore) => Promise<unknown>;
      readonly states: readonly [before: string, after: string];
    }
  >
> = {
  "the first write": {
    before: null,
    run: (store) => put(store, "new"),
    states: ["nothing | nothing", "new | closed"],
  },
  "an update": { before: "old", run: (store) => put(store, "new"), states: ["old | closed", "new | closed"] },
  "the last removal": {
    before: "old",
    run: (store) => store.change("k", random, () => null),
    states: ["old | closed", "nothing | nothing"],
  },
  "a read": { before: "old", run: (store) => store.read("k"), states: ["old | closed", "old | closed"] },
  "an added key": {
    before: "old",
    run: (store) => store.addKey(newKey, random),
    states: ["old | closed", "old | old"],
  },
  "a rekeying": {
    before: "old",
    run: (store) => store.replaceKeys(newKey, random),
    states: ["old | closed", "closed | old"],
  },
};

/** The store is of its own file each time: an error may not spoil the next round. */
async function round(
  number: number,
  { before, run, states }: (typeof scenarios)[string],
  { fs, reached }: Failing,
  cleansUp: boolean,
): Promise<boolean> {
  const home = join(folder, `round-${number}`);
  const path = join(home, "tokens.bin");
  if (before !== null) await put(new FileStore(path, key), before);
  const thrown = await run(new FileStore(path, key, fs)).then(
    () => null,
    (error: unknown) => error as Error,
  );
  const state = await stateOf(path);
  if (thrown === null) expect(state).toBe(states[1]);
  else {
    expect(thrown).toMatchObject({ code: "HARN-OAU-010", message: expect.not.stringContaining(path) });
    expect(states).toContain(state);
    // What is not sure to last is said to be written, anything else that fails is not.
    if (!thrown.message.includes("survive a crash")) expect(state).toBe(states[0]);
  }
  const left = await filesIn(home).catch(() => []);
  if (cleansUp) expect(left.filter((name) => name !== "tokens.bin")).toEqual([]);
  return reached();
}

const codes = ["EIO", "ENOSPC", "EACCES"];
const each = Object.entries(scenarios).flatMap(([name, scenario]) =>
  codes.map((code) => [name, code, scenario] as const),
);

describe("where one call fails, the state is the old or the new one, with a coded error and nothing left over:", () => {
  test.each(each)("%s with %s", async (_, code, scenario) => {
    let n = 1;
    while (
      await round(
        n,
        scenario,
        failing(code, (call) => call === n),
        true,
      )
    )
      n += 1;
    // Looking, opening, reading and closing alone are five.
    expect(n).toBeGreaterThan(scenario.before === null ? 8 : 5);
  });
});

describe("where from one call on all fail, the state is still the old or the new one:", () => {
  test.each(each)("%s with %s", async (_, code, scenario) => {
    let n = 1;
    while (
      await round(
        n,
        scenario,
        failing(code, (call) => call >= n),
        false,
      )
    )
      n += 1;
    expect(n).toBeGreaterThan(5);
  });
});
