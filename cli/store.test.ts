import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileKeys, fileSecrets, storage } from "../stdlib/oauth/node.ts";

const main = fileURLToPath(new URL("./main.js", import.meta.url));
const oldKey = "an old key of enough characters";
const newKey = "a new key of enough characters";
const env = { OLD_KEY: oldKey, NEW_KEY: newKey, WORDS: "correct horse battery", EMPTY: "" };

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-store-"));
  path = join(folder, "tokens.bin");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function store(...words: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "store", ...words], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...env },
  });
  for (const secret of [oldKey, newKey, env.WORDS, "token of a"])
    expect(stdout + stderr).not.toContain(secret);
  return { code: status, out: stdout, err: stderr };
}

interface Report {
  readonly ok: boolean;
  readonly file: string;
  readonly checks: readonly { name: string; state: string; says: string; hint?: string }[];
}

/** The report, and what is said of each check. */
function doctor(...words: readonly string[]): {
  code: number | null;
  report: Report;
  of: (name: string) => string;
} {
  const { code, out } = store("doctor", "--json", "--file", "tokens.bin", ...words);
  const report = JSON.parse(out) as Report;
  const of = (name: string): string => {
    const found = report.checks.find((check) => check.name === name);
    return `${found?.state}: ${found?.says}`;
  };
  return { code, report, of };
}

async function stored(key: string = oldKey): Promise<void> {
  await storage.file(path, key).set("a", { access_token: "token of a", token_type: "Bearer" });
}

async function opens(key: string | { passphrase: string }): Promise<boolean> {
  return await storage
    .file(path, key)
    .get("a")
    .then(
      (found) => found?.access_token === "token of a",
      () => false,
    );
}

/** Everything in the folder, with bytes, rights and times. */
function snapshot(): unknown {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const at = join(entry.parentPath, entry.name);
    const { mode, mtimeMs, ctimeMs } = statSync(at);
    return [at, mode, mtimeMs, ctimeMs, entry.isFile() ? readFileSync(at, "base64") : null];
  });
}

describe("doctor", () => {
  test("finds nothing wrong with a good file, and changes nothing", async () => {
    await stored();
    writeFileSync(join(folder, ".tokens.bin.4194399.abc.tmp"), "of a process that was killed", {
      mode: 0o600,
    });
    const before = snapshot();
    const { code, report, of } = doctor("--key", "env:OLD_KEY");
    expect(snapshot()).toEqual(before);
    expect({ code, ok: report.ok, file: report.file }).toEqual({ code: 0, ok: true, file: "tokens.bin" });
    expect(report.checks.map(({ name }) => name)).toEqual([
      "file",
      "rights",
      "folder",
      "key",
      "keys",
      "entries",
      "durability",
      "locks",
      "leftovers",
    ]);
    expect(of("file")).toMatch(/^ok: tokens, format 2, [\d,]+ bytes, write counter 1$/);
    expect(of("rights")).toBe("ok: of this user alone (0600)");
    expect(of("key")).toMatch(/^ok: env:OLD_KEY opens the file with key [\w-]{11}$/);
    expect(of("entries")).toBe("ok: 1");
    expect(of("locks")).toMatch(/^ok: (abstract local socket|file lock)/);
    expect(of("leftovers")).toMatch(/^warn: 1 temporary file/);
  });

  test("prints a line for each check, with what to do", async () => {
    await stored();
    chmodSync(path, 0o644);
    const { code, out, err } = store("doctor", "--file", "tokens.bin");
    expect({ code, err }).toEqual({ code: 1, err: "" });
    const lines = out.split("\n");
    expect(lines[0]).toMatch(/^ok {7}file {8}tokens, format 2, /);
    expect(lines.slice(1, 3)).toEqual([
      "wrong    rights      other users have rights to the file (0644)",
      "                     Take them away: chmod 600.",
    ]);
    expect(lines).toContain("unknown  key         not looked at; say where the key is with --key");
  });

  test("tries the keys in their order and says what is wrong with each", { timeout: 60_000 }, async () => {
    await stored();
    writeFileSync(join(folder, "open.key"), oldKey, { mode: 0o644 });
    writeFileSync(join(folder, "good.key"), oldKey, { mode: 0o600 });
    expect(doctor("--key", "env:NEW_KEY").of("key")).toMatch(/^wrong: env:NEW_KEY: the key is not the one/);
    expect(doctor("--key", "passphrase-env:WORDS").of("key")).toMatch(
      /^wrong: passphrase-env:WORDS: .*kind of key/,
    );
    expect(doctor("--key", "file:none.key").of("key")).toBe(
      "wrong: file:none.key: the key file is not there",
    );
    expect(doctor("--key", "file:open.key").of("key")).toMatch(
      /^wrong: the key file may be read .* by other users/,
    );
    const many = doctor("--key", "env:NEW_KEY", "--key", "file:good.key");
    expect({ code: many.code, key: many.of("key") }).toEqual({
      code: 0,
      key: expect.stringMatching(/^ok: file:good\.key opens the file/),
    });
  });

  test.each<[string, () => void, string, string]>([
    ["truncated", () => writeFileSync(path, readFileSync(path).subarray(0, 300)), "file", "truncated"],
    ["no store", () => writeFileSync(path, "notes"), "file", "not a token store"],
    [
      "a link",
      () => {
        rmSync(path);
        symlinkSync("elsewhere.bin", path);
      },
      "file",
      "symbolic link",
    ],
    [
      "a folder",
      () => {
        rmSync(path);
        mkdirSync(path);
      },
      "file",
      "not a regular file",
    ],
    ["in a folder of all", () => chmodSync(folder, 0o777), "folder", "other users may replace the file"],
    [
      "locked in another way",
      () => writeFileSync(join(folder, ".tokens.bin.lock"), "another\n"),
      "locks",
      "a mechanism that this one does not use",
    ],
  ])("says that a file is %s", async (_, spoil, check, words) => {
    await stored();
    spoil();
    const { code, report, of } = doctor("--key", "env:OLD_KEY");
    expect(of(check)).toMatch(/^wrong: /);
    expect(of(check)).toContain(words);
    expect(report.checks.find(({ name }) => name === check)?.hint).toMatch(/\.$/);
    expect({ code, ok: report.ok }).toEqual({ code: 1, ok: false });
  });

  test("says that there is no file yet, and makes none", () => {
    const { code, of } = doctor("--key", "env:OLD_KEY");
    expect(code).toBe(0);
    expect(of("file")).toBe("warn: there is no file yet");
    expect(of("key")).toBe("ok: env:OLD_KEY has a key; there is no file yet that it could open");
    expect(readdirSync(folder)).toEqual([]);
  });

  test("knows secrets, and several keys", async () => {
    const { capability } = await fileSecrets({ path, key: { keyFile: join(folder, "a.key") } });
    await capability.set({ name: "a", value: "token of a" });
    await fileKeys.add(path, { keyFile: join(folder, "a.key") }, newKey);
    const { code, of } = doctor("--key", "file:a.key");
    expect(code).toBe(0);
    expect(of("file")).toMatch(/^ok: secrets, format 2/);
    expect(of("keys")).toMatch(/^warn: opened by [\w-]{11} \(raw key\) and [\w-]{11} \(raw key\)$/);
  });

  test("asks the OS keychain, and says what it answers", async () => {
    await stored();
    expect(doctor("--key", "keychain").of("key")).toMatch(
      /^wrong: keychain: the OS keychain (has no key|does not answer|needs)/,
    );
  });
});

describe("rekey", () => {
  test("replaces the key in one step", async () => {
    await stored();
    const words = ["rekey", "--file", "tokens.bin", "--key", "env:OLD_KEY", "--new-key", "env:NEW_KEY"];
    expect(store(...words)).toEqual({ code: 0, out: "tokens.bin: the new key alone opens it\n", err: "" });
    expect([await opens(oldKey), await opens(newKey)]).toEqual([false, true]);
    const again = store(...words);
    expect(again).toMatchObject({ code: 1, out: "" });
    expect(again.err).toMatch(/^holdfast: HARN-OAU-010: .*the key is not the one.*\n {2}Give the key/);
  });

  test("rolls a key out in two steps", { timeout: 60_000 }, async () => {
    await stored();
    const at = ["rekey", "--file", "tokens.bin"];
    expect(store(...at, "--key", "env:OLD_KEY", "--new-key", "passphrase-env:WORDS", "--add").code).toBe(0);
    expect([await opens(oldKey), await opens({ passphrase: env.WORDS })]).toEqual([true, true]);
    expect(store(...at, "--key", "passphrase-env:WORDS", "--retire").out).toContain("--key alone opens it");
    expect([await opens(oldKey), await opens({ passphrase: env.WORDS })]).toEqual([false, true]);
  });

  test("makes a key file that is not there", async () => {
    await stored();
    expect(
      store("rekey", "--file", "tokens.bin", "--key", "env:OLD_KEY", "--new-key", "file:new.key").code,
    ).toBe(0);
    expect(statSync(join(folder, "new.key")).mode & 0o777).toBe(0o600);
    expect(await opens(readFileSync(join(folder, "new.key"), "utf8").trim())).toBe(true);
  });

  test.each([
    [["--key", "env:OLD_KEY"], "--new-key or --retire"],
    [["--key", "env:OLD_KEY", "--new-key", "env:NEW_KEY", "--retire"], "--new-key or --retire"],
    [["--key", "env:OLD_KEY", "--retire", "--add"], "use one of them"],
    [["--key", "env:NOT_SET", "--new-key", "env:NEW_KEY"], "is not set"],
    [["--key", "env:EMPTY", "--retire"], "is not set"],
    [["--key", oldKey, "--new-key", "env:NEW_KEY"], "never the key itself"],
    [["--new-key", "env:NEW_KEY"], "--key"],
  ])("refuses %j as usage, showing no key", async (words, message) => {
    await stored();
    const { code, err } = store("rekey", "--file", "tokens.bin", ...words);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(await opens(oldKey)).toBe(true);
  });

  test("of no file is an error, and makes none", () => {
    const { code, err } = store(
      "rekey",
      "--file",
      "none.bin",
      "--key",
      "env:OLD_KEY",
      "--new-key",
      "file:new.key",
    );
    expect(code).toBe(1);
    expect(err).toContain("there is no file at this path");
    expect(readdirSync(folder)).toEqual([]);
  });
});
