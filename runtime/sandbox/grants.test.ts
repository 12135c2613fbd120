import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RunError } from "../host/run-error.ts";
import { type Grants, type GrantSet, parseGrants } from "./grants.ts";

let root: string;
let folder: string;

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "grants-")));
  folder = join(root, "pipeline");
  mkdirSync(join(folder, "data"), { recursive: true });
  mkdirSync(join(root, "outside"));
  writeFileSync(join(root, "outside", "file"), "");
  symlinkSync(join(root, "outside"), join(folder, "out"));
  symlinkSync(join(root, "outside", "file"), join(folder, "data", "link"));
  symlinkSync(join(root, "outside", "new"), join(folder, "data", "dangling"));
  symlinkSync("../../outside", join(folder, "data", "parent"));
  symlinkSync("loop", join(folder, "data", "loop"));
  symlinkSync("inner", join(folder, "data", "alias"));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

function granting(grants: Grants | undefined): GrantSet {
  return parseGrants(grants, folder);
}

function refusal(attempt: () => unknown): RunError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error("it was allowed");
}

test("nothing is granted by default", () => {
  for (const set of [granting(undefined), granting({})]) {
    expect(set.net.allows(new URL("https://example.com"))).toBe(false);
    expect(set.env("PATH")).toBe(false);
    expect(set.capability("oauth_storage")).toBe(false);
    expect(refusal(() => set.storagePath("./tokens.bin")).code).toBe("HARN-RUN-010");
    expect([set.reveal, set.testing]).toEqual([false, false]);
  }
});

test("what is granted is granted", () => {
  const set = granting({
    net: ["example.com"],
    env: ["HOME", "GITHUB_*"],
    capabilities: ["oauth_storage"],
    reveal: true,
    testing: true,
  });
  expect(set.net.allows(new URL("https://example.com"))).toBe(true);
  expect(set.capability("oauth_storage")).toBe(true);
  expect(set.capability("oauth_storage2")).toBe(false);
  expect([set.reveal, set.testing]).toEqual([true, true]);
});

describe("env", () => {
  test("names and beginnings", () => {
    const set = granting({ env: ["HOME", "GITHUB_*"] });
    const env = (name: string): boolean => set.env(name);
    expect(["HOME", "GITHUB_TOKEN", "GITHUB_"].map(env)).toEqual([true, true, true]);
    expect(
      ["HOM", "HOMES", "home", "GITHUB", "XGITHUB_TOKEN", "", "GITHUB_A=B", "GITHUB_\0"].map(env),
    ).toEqual(Array.from({ length: 8 }, () => false));
    expect(granting({ env: ["*"] }).env("PATH")).toBe(true);
  });

  test.each(["*_TOKEN", "A*B", "**", "A=B", "A\0"])("%j is refused", (pattern) => {
    expect(refusal(() => granting({ env: [pattern] })).code).toBe("HARN-RUN-015");
  });
});

describe("storage", () => {
  test("a file, however it is written", () => {
    const set = granting({ storage: ["./tokens.bin"] });
    const path = join(folder, "tokens.bin");
    for (const spelling of ["./tokens.bin", "tokens.bin", "data/../tokens.bin", "x/../tokens.bin", path]) {
      expect(set.storagePath(spelling)).toBe(path);
    }
    for (const other of [
      "./tokens.bin.bak",
      "tokens",
      "data/tokens.bin",
      "../tokens.bin",
      ".",
      "",
      "tokens.bin/x",
    ]) {
      expect(refusal(() => set.storagePath(other)).code).toBe("HARN-RUN-010");
    }
  });

  test("the refusal says what to add", () => {
    const error = refusal(() => granting({}).storagePath("./tokens.bin"));
    expect(error.message).toBe('the script may not store at "./tokens.bin"');
    expect(error.hint).toBe("Add --allow-storage=./tokens.bin");
    expect(error.message).not.toContain(folder);
  });

  test("a folder covers what is below it, not itself and not its neighbours", () => {
    const set = granting({ storage: ["data/"] });
    expect(set.storagePath("data/a/b.bin")).toBe(join(folder, "data", "a", "b.bin"));
    for (const other of ["data", "data2/x", "data/../tokens.bin", "data/../../x", "database"]) {
      expect(refusal(() => set.storagePath(other)).code).toBe("HARN-RUN-010");
    }
    expect(refusal(() => granting({ storage: ["data"] }).storagePath("data/x")).code).toBe("HARN-RUN-010");
  });

  test("what lies below a regular file is granted like any path that does not exist", () => {
    const below = join(folder, "data", "inner", "tokens.bin");
    writeFileSync(join(folder, "data", "plain"), "");
    const plain = join(folder, "data", "plain", "x", "tokens.bin");
    expect(granting({ storage: ["*"] }).storagePath("data/plain/x/tokens.bin")).toBe(plain);
    expect(granting({ storage: ["data/"] }).storagePath("data/plain/x/tokens.bin")).toBe(plain);
    expect(granting({ storage: ["*"] }).storagePath("data/alias/tokens.bin")).toBe(below);
    expect(refusal(() => granting({}).storagePath("data/plain/x/tokens.bin")).code).toBe("HARN-RUN-010");
  });

  test("links do not widen a grant", () => {
    const set = granting({ storage: ["data/", "./out.bin"] });
    for (const path of [
      "data/link",
      "data/dangling",
      "data/parent/file",
      "data/parent/new/x",
      "data/loop",
      "out/file",
    ]) {
      expect(refusal(() => set.storagePath(path)).code).toBe("HARN-RUN-010");
    }
    symlinkSync(join(root, "outside", "later"), join(folder, "out.bin"));
    expect(refusal(() => set.storagePath("out.bin")).code).toBe("HARN-RUN-010");
    expect(set.storagePath("data/alias")).toBe(join(folder, "data", "inner"));
  });

  test("a granted path outside the folder is allowed, through a link as well", () => {
    const set = granting({ storage: ["out/", "../outside/file"] });
    expect(set.storagePath("out/x")).toBe(join(root, "outside", "x"));
    expect(set.storagePath("../outside/file")).toBe(join(root, "outside", "file"));
  });

  test("* is any path that can be followed", () => {
    const set = granting({ storage: ["*"] });
    expect(set.storagePath("../elsewhere/x")).toBe(join(root, "elsewhere", "x"));
    for (const path of ["", "a\0b", "data/loop", "x/".repeat(3000)]) {
      expect(refusal(() => set.storagePath(path)).code).toBe("HARN-RUN-010");
    }
  });

  test("a * elsewhere is refused", () => {
    expect(refusal(() => granting({ storage: ["data/*"] })).code).toBe("HARN-RUN-015");
  });
});

describe("the shape of grants is checked", () => {
  test.each<[unknown, string]>([
    [{ nets: [] }, 'grants: there is no grant "nets"'],
    [{ net: "example.com" }, "grants: net is not a list of texts"],
    [{ env: [1] }, "grants: env is not a list of texts"],
    [{ capabilities: [""] }, "grants: capabilities has an empty entry"],
    [{ reveal: "yes" }, "grants: reveal is not true or false"],
    [{ testing: [] }, "grants: testing is not true or false"],
  ])("%j", (grants, message) => {
    const error = refusal(() => granting(grants as Grants));
    expect(error.code).toBe("HARN-RUN-015");
    expect(error.message).toBe(message);
  });

  test("the nearest grant is named", () => {
    expect(refusal(() => granting({ storages: [] } as Grants)).hint).toBe("Did you mean storage?");
  });
});
