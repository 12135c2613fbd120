import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("./main.js", import.meta.url));

/** Looks like a GitHub token and is none. */
const token = ["gh", "p_", "aB3dE6gH9j".repeat(4).slice(0, 36)].join("");

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-scan-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Report {
  readonly files_read: number;
  readonly bytes_read: number;
  readonly match_count: number;
  readonly match_bytes: number;
  readonly patterns: Record<string, { match_count: number; match_bytes: number; files: number }>;
  readonly files: readonly { path: string; match_count: number }[];
  readonly unreadable: readonly { path: string; reason: string }[];
}

async function scan(words: readonly string[], input = ""): Promise<Ended> {
  const child: ChildProcess = spawn(process.execPath, [main, "redact", "--scan", ...words], {
    cwd: folder,
    env: { PATH: process.env["PATH"] },
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (part: Buffer) => {
    stdout += part.toString();
  });
  child.stderr?.on("data", (part: Buffer) => {
    stderr += part.toString();
  });
  child.stdin?.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

async function report(words: readonly string[], input = ""): Promise<Report & { code: number | null }> {
  const { code, stdout } = await scan(["--json", ...words], input);
  return { ...(JSON.parse(stdout) as Report), code };
}

async function pathsFound(...words: readonly string[]): Promise<readonly string[]> {
  return (await report(words)).files.map(({ path }) => path);
}

function write(name: string, text: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

describe("the report", () => {
  test("is a table that shows no text", async () => {
    write("src/a.log", `x ${token}\npassword=correcthorse ${token}\n`);
    write("src/b.env", `${token}\n`);
    write("src/c", "clean\n");
    expect(await scan(["src"])).toEqual({
      code: 1,
      stderr: "",
      stdout: [
        "4 matches in 2 files of 3 files, 153 bytes",
        "",
        "pattern       matches  bytes  files",
        "github_token        3    120      2",
        "password            1     12      1",
        "",
        "file       matches  bytes  patterns",
        "src/a.log        3     92  github_token 2, password 1",
        "src/b.env        1     40  github_token 1",
        "",
      ].join("\n"),
    });
  });

  test("says when there is nothing", async () => {
    write("a", "clean\n");
    expect(await scan(["a"])).toEqual({ code: 0, stdout: "nothing found in 1 file, 6 bytes\n", stderr: "" });
  });

  test("is one JSON document with --json", async () => {
    write("a", `${token} ${token}`);
    write("b", token);
    expect(await report(["a", "b"])).toEqual({
      code: 1,
      files_read: 2,
      bytes_read: 121,
      match_count: 3,
      match_bytes: 120,
      patterns: { github_token: { match_count: 3, match_bytes: 120, files: 2 } },
      files: [
        {
          path: "a",
          match_count: 2,
          match_bytes: 80,
          patterns: { github_token: { match_count: 2, match_bytes: 80 } },
        },
        {
          path: "b",
          match_count: 1,
          match_bytes: 40,
          patterns: { github_token: { match_count: 1, match_bytes: 40 } },
        },
      ],
      unreadable: [],
    });
    expect(await report(["--json", "-"], "clean")).toMatchObject({ code: 0, match_count: 0, files: [] });
  });

  test("shows no token in a name, and nothing that a terminal acts on", async () => {
    write(`d/${token}\u001b[31m`, token);
    for (const words of [["d"], ["--json", "d"]]) {
      const { code, stdout } = await scan(words);
      expect(code).toBe(1);
      expect(stdout).toContain("d/<redacted:github_token:40>");
      // Control characters are what is looked for.
      expect(stdout).not.toMatch(/\u001b|aB3d/);
    }
  });
});

describe("what is read", () => {
  test("standard input, files and folders, in the order of their names", async () => {
    for (const name of ["d/b", "d/a/z", "d/a.txt", "d/.hidden", "e"]) write(name, token);
    expect(await pathsFound("d/", "e")).toEqual(["d/.hidden", "d/a/z", "d/a.txt", "d/b", "e"]);
    expect((await report(["-", "e"], token)).files.map(({ path }) => path)).toEqual(["standard input", "e"]);
  });

  test(".git and node_modules only when they are named", async () => {
    for (const name of ["a", ".git/config", "x/node_modules/m/f", "x/node_modules/m/node_modules/n/f"])
      write(`p/${name}`, token);
    expect(await pathsFound("p")).toEqual(["p/a"]);
    expect(await pathsFound("p/.git", "p/a")).toEqual(["p/.git/config", "p/a"]);
    expect(await pathsFound("p/x/node_modules")).toEqual([
      "p/x/node_modules/m/f",
      "p/x/node_modules/m/node_modules/n/f",
    ]);
  });

  test("no links, unless they are named", async () => {
    write("outside/f", token);
    write("d/a", "clean");
    symlinkSync(join(folder, "outside"), join(folder, "d/folder"));
    symlinkSync(join(folder, "outside/f"), join(folder, "d/file"));
    symlinkSync(join(folder, "d"), join(folder, "d/circle"));
    expect(await report(["d"])).toMatchObject({ code: 0, files_read: 1, unreadable: [] });
    expect(await pathsFound("d/folder", "d/file")).toEqual(["d/folder/f", "d/file"]);
  });

  test("names that are not UTF-8", async () => {
    if (process.platform !== "linux") return;
    mkdirSync(join(folder, "d"));
    writeFileSync(Buffer.concat([Buffer.from(join(folder, "d/x")), Buffer.from([0xff])]), token);
    expect(await report(["d"])).toMatchObject({ code: 1, match_count: 1, unreadable: [] });
  });

  test("any bytes, and a token across two reads", async () => {
    const bytes = Buffer.alloc(200_000, 0xff);
    bytes.write(token, 65_536 - 20);
    bytes.write(token, 199_950);
    write("a", bytes);
    expect(await report(["a"])).toMatchObject({ code: 1, match_count: 2, bytes_read: 200_000 });
  });
});

describe("what cannot be read", () => {
  test("is reported and counted, and the rest is read", async () => {
    const broken = "/proc/self/mem";
    if (process.platform !== "linux") return;
    write("clean", "clean");
    write("a", token);
    const found = await report([broken, "a"]);
    expect(found).toMatchObject({ code: 1, files_read: 1, match_count: 1 });
    expect(found.unreadable).toEqual([{ path: broken, reason: "cannot be used (EIO)" }]);
    expect(await scan([broken, "clean"])).toEqual({
      code: 7,
      stdout: "nothing found in 1 file, 5 bytes\n1 could not be read\n",
      stderr: `holdfast: ${broken}: cannot be used (EIO)\n`,
    });
  });

  test("is a mistake when it is named and not there", async () => {
    write("a", token);
    expect(await scan(["a", "nope"])).toEqual({
      code: 2,
      stdout: "",
      stderr: "holdfast: nope: no such file\n",
    });
  });
});
