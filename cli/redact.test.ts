import { type ChildProcess, execFileSync, spawn, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createRedactor } from "../stdlib/oauth/redaction/engine.ts";
import { summary } from "./redact.ts";

const main = fileURLToPath(new URL("./main.js", import.meta.url));

/** Looks like a GitHub token and is none. */
const token = ["gh", "p_", "aB3dE6gH9j".repeat(4).slice(0, 36)].join("");
const placeholder = "<redacted:github_token:40>";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-redact-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

function start(words: readonly string[], stdio: StdioOptions = "pipe", node: readonly string[] = []) {
  const child: ChildProcess = spawn(process.execPath, [...node, main, "redact", ...words], {
    cwd: folder,
    env: { PATH: process.env["PATH"] },
    stdio,
  });
  // A command that ends early does not read everything.
  child.stdin?.on("error", () => {});
  return child;
}

async function ended(child: ChildProcess): Promise<Ended> {
  const out: Buffer[] = [];
  let stderr = "";
  child.stdout?.on("data", (part: Buffer) => out.push(part));
  child.stderr?.on("data", (part: Buffer) => {
    stderr += part.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout: Buffer.concat(out), stderr };
}

function redact(words: readonly string[], input: string | Uint8Array = ""): Promise<Ended> {
  const child = start(words);
  child.stdin?.end(input);
  return ended(child);
}

/** Also the most memory that the command had, in bytes. */
async function measured(words: readonly string[], input: Uint8Array): Promise<Ended & { memory: number }> {
  const report = "process.on('exit', () => process.stderr.write(`${process.resourceUsage().maxRSS}`))";
  const child = start(words, "pipe", ["--import", `data:text/javascript,${encodeURIComponent(report)}`]);
  child.stdin?.end(input);
  const end = await ended(child);
  return { ...end, memory: Number(end.stderr) * 1_024 };
}

/** The next part of standard output. */
async function output(child: ChildProcess): Promise<string> {
  const [part] = (await once(child.stdout ?? child, "data")) as [Buffer];
  return part.toString();
}

function write(name: string, text: string | Uint8Array): void {
  writeFileSync(join(folder, name), text);
}

describe("standard input", () => {
  test("comes out without tokens, and nothing is said about it", async () => {
    expect(await redact([], `one ${token} two\nthree`)).toEqual({
      code: 0,
      stdout: Buffer.from(`one ${placeholder} two\nthree`),
      stderr: "",
    });
    expect(await redact(["-"], token)).toMatchObject({ code: 0, stdout: Buffer.from(placeholder) });
    expect(await redact([])).toMatchObject({ code: 0, stdout: Buffer.alloc(0) });
  });

  test("may be any bytes", async () => {
    const noise = Buffer.alloc(1_000_000);
    let state = 1;
    for (let i = 0; i < noise.length; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      noise[i] = state >>> 24;
    }
    const input = Buffer.concat([
      noise,
      Buffer.from([0, 0xff]),
      Buffer.from(token),
      Buffer.from([0xfe, 0, 0x80]),
    ]);
    const { stdout } = await redact([], input);
    expect(stdout.subarray(0, noise.length).equals(noise)).toBe(true);
    expect(stdout.subarray(noise.length)).toEqual(
      Buffer.concat([Buffer.from([0, 0xff]), Buffer.from(placeholder), Buffer.from([0xfe, 0, 0x80])]),
    );
  });

  test.each([[[]], [["--json"]]])("a line comes out while the next one is waited for: %j", async (words) => {
    const child = start(words);
    for (const line of ["one\n", `{"a":"${token}"}\n`, `two ${token}\n`, "three\n"]) {
      child.stdin?.write(line);
      expect(await output(child)).toBe(line.replace(token, placeholder));
    }
    child.stdin?.end();
    expect((await ended(child)).code).toBe(0);
  });

  test("comes out the same however it is cut", async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        token,
        `"${token}"`,
        "Bearer ",
        `Authorization: Bearer ${token}`,
        "\n",
        "\r\n",
        "=",
        "gh",
        "p_",
      ),
      fc.constantFrom(
        "https://user:word@example.com/?access_token=",
        "<redacted:",
        "eyJ",
        "sk-",
        "\u0000",
        "~",
      ),
      fc.string({ unit: "grapheme-ascii", maxLength: 30 }),
    );
    const cuts = fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 200 }), cuts, async (pieces, lengths) => {
        const text = pieces.join("");
        const child = start([]);
        const end = ended(child);
        for (let at = 0, next = 0; at < text.length; next += 1) {
          const length = 1 + (lengths[next % lengths.length] ?? 0);
          child.stdin?.write(text.slice(at, at + length));
          at += length;
          // So that the parts do not meet in the pipe.
          if (next < 100) await sleep(1);
        }
        child.stdin?.end();
        expect((await end).stdout.toString()).toBe(createRedactor().redact(text));
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });
});

describe("files", () => {
  test("come out one after the other, as one text", async () => {
    write("a", `a ${token.slice(0, 12)}`);
    write("b", `${token.slice(12)}\nb\n`);
    expect(await redact(["a", "b", "-", "./b"], "from the pipe ")).toMatchObject({
      code: 0,
      stdout: Buffer.from(`a ${placeholder}\nb\nfrom the pipe ${token.slice(12)}\nb\n`),
    });
  });

  test("that cannot be used end with 2 before anything is read", async () => {
    write("a", "text");
    mkdirSync(join(folder, "d"));
    const secret = `x_${token}`;
    for (const [words, message] of [
      [["a", "missing"], "missing: no such file"],
      [["a", "d"], "d: is a directory; --scan looks into directories"],
      [["a", "-", "-"], "standard input can be read once only"],
      [["--audit", "none/x", "a"], "--audit none/x: no such file"],
      [["--audit", "d", "a"], "--audit d: is a directory"],
      [["--scan"], '--scan needs a file or folder, or "-" for standard input'],
      [["--scan", "a", "missing"], "missing: no such file"],
      [["--scan", "--audit", "x", "a"], "--scan redacts nothing that --audit could report; use --json"],
      [[secret], `x_${placeholder}: no such file`],
      [["\u001b[31m"], "\\x1b[31m: no such file"],
    ] as const) {
      expect(await redact(words)).toEqual({
        code: 2,
        stdout: Buffer.alloc(0),
        stderr: `holdfast: ${message}\n`,
      });
    }
    expect((await redact(["--jsom"])).code).toBe(2);
  });

  test("are never read into themselves", async () => {
    write("a", "text\n");
    const own = openSync(join(folder, "a"), "a");
    const child = start(["a"], ["ignore", own, "pipe"]);
    closeSync(own);
    expect(await ended(child)).toMatchObject({
      code: 2,
      stderr: "holdfast: a: is where standard output goes\n",
    });
  });

  test("that break off end with 7, after the others", async () => {
    // Opens well, and fails when it is read.
    const broken = "/proc/self/mem";
    if (!existsSync(broken)) return;
    write("a", `${token}\n`);
    expect(await redact(["a", broken, "a"])).toEqual({
      code: 7,
      stdout: Buffer.from(`${placeholder}\n${placeholder}\n`),
      stderr: "holdfast: /proc/self/mem: cannot be used (EIO)\n",
    });
    expect(await redact(["--scan", broken])).toMatchObject({ code: 7 });
  });
});

describe("the reader", () => {
  test("that stops is waited for, and nothing piles up", async () => {
    const child = start([]);
    const line = `${"some words ".repeat(90)}${token}\n`;
    const input = Buffer.from(line.repeat(32_768));
    let accepted = 0;
    const part = 65_536;
    const fed = (async () => {
      for (let at = 0; at < input.length; at += part) {
        await new Promise<void>((resolve) => {
          child.stdin?.write(input.subarray(at, at + part), () => resolve());
        });
        accepted += part;
      }
      child.stdin?.end();
    })();
    // Until nothing more goes in.
    for (let before = -1; before < accepted || accepted === 0; await sleep(700)) before = accepted;
    expect(accepted).toBeLessThan(2_000_000);
    let length = 0;
    let tail = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      length += chunk.length;
      tail = chunk.subarray(-line.length).toString();
    });
    await Promise.all([fed, once(child, "close")]);
    expect(length).toBe(32_768 * line.replace(token, placeholder).length);
    expect(line.replace(token, placeholder).endsWith(tail.slice(-200))).toBe(true);
  });

  test("that goes away ends the command quietly, with 0", async () => {
    const child = start([]);
    const feed = setInterval(() => child.stdin?.write("line\n".repeat(1_000)), 1);
    child.stdout?.once("data", () => child.stdout?.destroy());
    let stderr = "";
    child.stderr?.on("data", (part: Buffer) => {
      stderr += part.toString();
    });
    const [code] = (await once(child, "close")) as [number | null];
    clearInterval(feed);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("that cannot take more ends with 7", async () => {
    if (!existsSync("/dev/full")) return;
    write("a", "text\n");
    const full = openSync("/dev/full", "w");
    const child = start(["a"], ["ignore", full, "pipe"]);
    closeSync(full);
    expect(await ended(child)).toMatchObject({
      code: 7,
      stderr: "holdfast: standard output: no space left\n",
    });
  });
});

describe("memory", () => {
  const most = 250 * 1_024 ** 2;

  test.each([[[]], [["--json"]]])("is bounded for a line of 20 MiB: %j", async (words) => {
    const input = Buffer.alloc(20 * 1_024 ** 2, `${words.length > 0 ? '{"a":"' : ""}no line ends here, `);
    input.write(` ${token} `, input.length - 50);
    const { code, stdout, memory } = await measured(words, input);
    expect(code).toBe(0);
    expect(stdout.length).toBe(input.length - token.length + placeholder.length);
    expect(stdout.includes(token)).toBe(false);
    expect(memory).toBeGreaterThan(10_000_000);
    expect(memory).toBeLessThan(most);
  });

  test("is bounded for 64 MiB of lines", async () => {
    const input = Buffer.alloc(64 * 1_024 ** 2, `2026-01-01 request done user=ada status=200 ${token}\n`);
    const { code, memory } = await measured([], input);
    expect(code).toBe(0);
    expect(memory).toBeLessThan(most);
  });
});

describe("--json", () => {
  test("redacts lines of JSON by field name, and other lines as text", async () => {
    const input = [
      `{"msg": "hi ${token}", "id": 12345678901234567890, "password": "correct horse"}`,
      `plain ${token}`,
      `[1.0, {"client_secret": "abc"}]`,
      `{"broken": "${token}"`,
      `{"last": true}`,
    ].join("\n");
    const { code, stdout, stderr } = await redact(["--json"], input);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.toString().split("\n")).toEqual([
      `{"msg": "hi ${placeholder}", "id": 12345678901234567890, "password": "<redacted:password:13>"}`,
      `plain ${placeholder}`,
      `[1.0, {"client_secret": "<redacted:client_secret:3>"}]`,
      `{"broken": "${placeholder}"`,
      `{"last": true}`,
    ]);
  });
});

describe("--audit", () => {
  interface Line {
    readonly at: number;
    readonly code?: string;
    readonly pattern?: string;
    readonly match_count?: number;
    readonly bytes_redacted?: number;
    readonly totals?: { readonly match_count: number; readonly patterns: Record<string, unknown> };
  }

  function audit(): readonly Line[] {
    const text = readFileSync(join(folder, "audit.jsonl"), "utf8");
    expect(text.endsWith("\n")).toBe(true);
    return text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
  }

  test("holds each redaction when it has come, and the totals at the end, but no text", async () => {
    const child = start(["--audit", "audit.jsonl"]);
    const before = Date.now();
    child.stdin?.write(`my words ${token} ${token}\n`);
    await output(child);
    expect(audit()).toEqual([
      {
        at: expect.any(Number),
        code: "HARN-OAU-001",
        pattern: "github_token",
        match_count: 2,
        bytes_redacted: 80,
      },
    ]);
    expect(audit()[0]?.at).toBeGreaterThanOrEqual(before - 5);
    child.stdin?.end(`password=words ${token}`);
    expect((await ended(child)).code).toBe(0);
    const lines = audit();
    const last = lines.at(-1);
    expect(last?.totals?.match_count).toBe(4);
    expect(last?.totals?.patterns).toMatchObject({ github_token: { match_count: 3, bytes_redacted: 120 } });
    expect(lines.slice(0, -1).reduce((sum, line) => sum + (line.match_count ?? 0), 0)).toBe(4);
    expect(readFileSync(join(folder, "audit.jsonl"), "utf8")).not.toMatch(/words|aB3d/);
  });

  test("is readable for its owner alone, and is appended to", async () => {
    for (const _ of [1, 2]) await redact(["--audit", "audit.jsonl"], token);
    expect(audit().map((line) => line.totals !== undefined)).toEqual([false, true, false, true]);
    if (process.platform !== "win32") expect(statSync(join(folder, "audit.jsonl")).mode & 0o777).toBe(0o600);
  });

  test("that cannot be written ends with 7, and what was redacted stays so", async () => {
    if (!existsSync("/dev/full")) return;
    expect(await redact(["--audit", "/dev/full"], `${token}\n`)).toEqual({
      code: 7,
      stdout: Buffer.from(`${placeholder}\n`),
      stderr: "holdfast: --audit /dev/full: no space left\n",
    });
  });
});

describe("Ctrl-C", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends with 130; what is not decided does not come out",
    async (signal) => {
      const child = start(["--audit", "audit.jsonl"]);
      const end = ended(child);
      child.stdin?.write(`${token} one\n${token.slice(0, 30)}`);
      await output(child);
      await sleep(50);
      child.kill(signal);
      expect(await end).toEqual({ code: 130, stdout: Buffer.from(`${placeholder} one\n`), stderr: "" });
      const lines = readFileSync(join(folder, "audit.jsonl"), "utf8").trimEnd().split("\n");
      expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ totals: { match_count: 1 } });
    },
  );

  test("does not wait long for a reader that has stopped", async () => {
    const child = start([]);
    child.stdin?.write("line\n".repeat(200_000));
    await sleep(1_500);
    child.kill("SIGINT");
    const [code] = (await once(child, "exit")) as [number | null];
    child.stdout?.destroy();
    expect(code).toBe(130);
  });

  test.each([[[]], [["--scan"]]])("ends a wait for a named pipe: %j", async (words) => {
    if (process.platform === "win32") return;
    execFileSync("mkfifo", [join(folder, "pipe")]);
    const child = start([...words, "pipe"]);
    await sleep(1_500);
    child.kill("SIGINT");
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    expect(code ?? signal).toBe("SIGINT");
  });
});

test("the summary counts, the most frequent first, and shows no text", () => {
  const redactor = createRedactor();
  expect(summary(redactor.auditTotals())).toBeNull();
  redactor.redact(`${token} ${token}\npassword=correcthorse`);
  expect(summary(redactor.auditTotals())).toBe("redacted 3 (92 bytes): github_token 2, password 1");
});

test("help tells the exit codes and loads no redaction", async () => {
  const { code, stdout, stderr } = await redact(["--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const word of ["--json", "--audit", "--scan", "--quiet", "Exit codes:", "  7  ", "130", "Examples:"])
    expect(stdout.toString()).toContain(word);
});
