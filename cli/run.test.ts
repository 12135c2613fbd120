import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemKeychain } from "../stdlib/oauth/storage/keys/keychain.ts";
import { fileReason } from "./script-file.ts";

const main = fileURLToPath(new URL("./main.js", import.meta.url));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-cli-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(words: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [main, ...words], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...env },
  });
}

async function ended(child: ChildProcess): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (part: Buffer) => {
    stdout += part.toString();
  });
  child.stderr?.on("data", (part: Buffer) => {
    stderr += part.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

function holdfast(words: readonly string[], env?: Record<string, string>): Promise<Ended> {
  return ended(start(words, env));
}

/** Writes a script and runs it. */
function run(source: string, words: readonly string[] = [], env?: Record<string, string>): Promise<Ended> {
  writeFileSync(join(folder, "script.ts"), source);
  return holdfast(["run", "script.ts", ...words], env);
}

/** Looks like a GitHub token and is none. */
function githubToken(): string {
  return ["gh", "p_", "aB3dE6gH9j".repeat(4).slice(0, 36)].join("");
}

describe("the result", () => {
  test("a string is printed as it is, alone on standard output", async () => {
    const { code, stdout, stderr } = await run(
      `import { info, warn } from "std/log";
       export default (args: { name: string }) => { info("working", { step: 1 }); warn("careful"); return "hello " + args.name; };`,
      ["--arg", "name=Ada"],
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: "hello Ada\n" });
    expect(stderr).toBe('info  working {"step":1}\nwarn  careful\n');
  });

  test("JSON holds nothing that a terminal acts on, and the same value", async () => {
    const text = "\u001b[31m \u009b31m \u202e \u{e0041} 👩\u200d🚀";
    const source = `import { info } from "std/log"; export default () => { info("x", { text: ${JSON.stringify(text)} }); return { text: ${JSON.stringify(text)} }; };`;
    for (const words of [[], ["--json"]]) {
      const { stdout, stderr } = await run(source, words);
      // Control characters are what is looked for.
      expect(stdout + stderr).not.toMatch(/[\u001b\u009b\u202e\u{e0041}]/u);
      const shown = JSON.parse(stdout) as { text?: string; result?: { text: string } };
      expect(shown.result?.text ?? shown.text).toBe(text);
    }
  });

  test("anything else is printed as JSON, undefined not at all", async () => {
    expect((await run("export default () => ({ a: [1, null] });")).stdout).toBe(
      `${JSON.stringify({ a: [1, null] }, null, 2)}\n`,
    );
    expect(await run("export default () => {};")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  test("args: --arg stays text, --args-json is data", async () => {
    const { stdout } = await run("export default (args: unknown) => JSON.stringify(args);", [
      "--args-json",
      `{"n":1,"deep":{"x":[true]}}`,
      "--arg=n=2",
      "--arg=list=[1]",
    ]);
    expect(JSON.parse(stdout)).toEqual({ n: "2", deep: { x: [true] }, list: "[1]" });
  });

  test("--json wraps result, logs and usage", async () => {
    const { code, stdout } = await run(
      `import { log } from "std/log"; export default () => { log("one"); return { n: 1 }; };`,
      ["--json"],
    );
    expect(code).toBe(0);
    const answer = JSON.parse(stdout) as Record<string, unknown>;
    expect(answer).toMatchObject({ ok: true, result: { n: 1 }, logs: [{ level: "info", message: "one" }] });
    expect(answer["usage"]).toMatchObject({ host_calls: expect.any(Number), wall_ms: expect.any(Number) });
    expect(stdout.trimEnd()).not.toContain("\n");
  });

  test("a token-shaped value is redacted, unless --reveal-tokens", async () => {
    const token = githubToken();
    const source = "export default (args: { t: string }) => ({ note: 'it is ' + args.t });";
    expect((await run(source, [`--arg=t=${token}`])).stdout).not.toContain(token);
    expect((await run(source, [`--arg=t=${token}`, "--json"])).stdout).not.toContain(token);
    expect((await run(source, [`--arg=t=${token}`, "--reveal-tokens"])).stdout).toContain(token);
  });

  test("an error's text is redacted too", async () => {
    const token = githubToken();
    const source = "export default (args: { t: string }) => { throw new Error('bad ' + args.t); };";
    for (const more of [[], ["--json"]]) {
      const { code, stdout, stderr } = await run(source, [`--arg=t=${token}`, ...more]);
      expect(code).toBe(1);
      expect(stdout + stderr).toContain("bad ");
      expect(stdout + stderr).not.toContain(token);
    }
  });

  test("the script can come from standard input", async () => {
    const child = start(["run", "-"]);
    child.stdin?.end("export default (): number => 6 * 7;");
    expect(await ended(child)).toMatchObject({ code: 0, stdout: "42\n" });
  });

  test("a reader that goes away is no failure", async () => {
    writeFileSync(join(folder, "script.ts"), "export default () => 'x'.repeat(500_000);");
    const child = start(["run", "script.ts"]);
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await ended(child)).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("grants", () => {
  test("nothing is allowed by default", async () => {
    const { code, stderr } = await run(
      `import { http_get } from "std/http"; export default () => http_get("https://example.com/");`,
    );
    expect(code).toBe(3);
    expect(stderr).toContain("HARN-RUN-010");
    expect(stderr).toContain("--allow-net=example.com");
  });

  test("an environment variable is read only when it is granted", async () => {
    const source = `import { env } from "std/env"; export default () => env("GREETING");`;
    const env = { GREETING: "hello" };
    expect(await run(source, [], env)).toMatchObject({ code: 3, stdout: "" });
    expect(await run(source, ["--allow-env=OTHER,GREETING"], env)).toMatchObject({
      code: 0,
      stdout: "hello\n",
    });
    expect(await run(source, ["--allow-env=OTHER", "--allow-env=GREET*"], env)).toMatchObject({ code: 0 });
  });

  test("std/testing needs --testing", async () => {
    const source = `import { clock_set } from "std/testing"; import { now } from "std/time";
      export default () => { clock_set(5000); return now(); };`;
    expect((await run(source)).code).toBe(3);
    expect(await run(source, ["--testing"])).toMatchObject({ code: 0, stdout: "5000\n" });
  });
});

describe("--proxy", () => {
  const source = `import { http_get } from "std/http";
    export default (args: { url: string }) => http_get(args.url);`;

  /** Refuses what it is asked, and keeps it. */
  async function refusingProxy(use: (port: number, heads: string[]) => Promise<void>): Promise<void> {
    const heads: string[] = [];
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (head) => {
        heads.push(head.toString("latin1"));
        socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      await use((server.address() as AddressInfo).port, heads);
    } finally {
      server.close();
    }
  }

  test("asks the proxy for the address, and shows no password", async () => {
    await refusingProxy(async (port, heads) => {
      const secret = ["pass", "word", "7"].join("-");
      const { code, stdout, stderr } = await run(source, [
        "--arg=url=https://93.184.216.34/",
        "--allow-net=93.184.216.34",
        `--proxy=http://user:${secret}@127.0.0.1:${port}`,
      ]);
      expect([code, stdout]).toEqual([6, ""]);
      expect(stderr).toContain("The proxy refused to make it.");
      expect(stderr).not.toContain(secret);
      expect(heads.length).toBe(1);
      expect(heads[0]).toMatch(/^CONNECT 93\.184\.216\.34:443 HTTP/);
      expect(heads[0]).toContain(Buffer.from(`user:${secret}`).toString("base64"));
    });
  });

  test("no environment variable stands in for it", async () => {
    await refusingProxy(async (port, heads) => {
      const proxy = `http://127.0.0.1:${port}`;
      const env = { HTTPS_PROXY: proxy, https_proxy: proxy, ALL_PROXY: proxy, NODE_USE_ENV_PROXY: "1" };
      // Nobody listens there.
      const { code, stderr } = await run(
        source,
        ["--arg=url=https://0.0.0.0:1/", "--allow-net=0.0.0.0:1"],
        env,
      );
      expect(code).toBe(6);
      expect(stderr).toContain("The connection was refused.");
      expect(heads).toEqual([]);
    });
  });

  test("a URL that is none is a mistake on the command line, and not shown", async () => {
    const { code, stdout, stderr } = await run(source, ["--proxy=socks5://user:secret@proxy.example"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("the proxy's URL is neither http nor https");
    expect(stderr).not.toContain("secret");
  });
});

describe("failures", () => {
  test("an error of the script shows its line, and nothing on standard output", async () => {
    const { code, stdout, stderr } = await run(
      "const a = 1;\nexport default () => { throw new Error('no luck'); };",
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("no luck");
    expect(stderr).toContain("script.ts:2:");
  });

  test("--json wraps the error", async () => {
    const { code, stdout, stderr } = await run("export default () => { throw new TypeError('no luck'); };", [
      "--json",
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: null, name: "TypeError", message: "no luck", retryable: false },
    });
    expect(stderr).toBe("");
  });

  test("a syntax error ends with 1", async () => {
    const { code, stderr } = await run("export default () => {");
    expect(code).toBe(1);
    expect(stderr).toContain("HARN-RUN-012");
  });

  test("a limit ends with 4", async () => {
    const { code, stderr } = await run("export default () => { for (;;); };", ["--limit", "cpu=100ms"]);
    expect(code).toBe(4);
    expect(stderr).toContain("HARN-RUN-002");
    expect((await run("export default () => new Promise(() => {});")).code).toBe(4);
  });

  test("missing consent ends with 5", async () => {
    const source = `
      import { client, token } from "std/oauth/client";
      import { github } from "std/oauth/providers";
      import { memory } from "std/oauth/storage";
      export default () => token(client(github(), { client_id: "x", storage: memory() }));`;
    const { code, stderr } = await run(source);
    expect(code).toBe(5);
    expect(stderr).toContain("HARN-OAU-002");
  });

  test("a network failure ends with 6", async () => {
    const source = `import { http_get } from "std/http"; export default () => http_get("http://127.0.0.1:9/");`;
    expect((await run(source, ["--allow-net=127.0.0.1"])).code).toBe(6);
  });
});

describe("events", () => {
  test("are appended to the file, one JSON object a line", async () => {
    const source = `import { emit } from "std/events"; export default () => { emit("demo", "greeted", { n: 1 }); };`;
    expect(await run(source, ["--events", "events.jsonl"])).toMatchObject({ code: 0, stderr: "" });
    await run(source, ["--events", "events.jsonl"]);
    const lines = readFileSync(join(folder, "events.jsonl"), "utf8").trimEnd().split("\n");
    const kinds = lines
      .map((line) => JSON.parse(line) as { kind: string })
      .filter(({ kind }) => kind === "greeted");
    expect(kinds).toHaveLength(2);
  });

  test("a file that cannot be written is a usage error, before the script runs", async () => {
    const source = "export default () => 'ran';";
    const { code, stdout, stderr } = await run(source, ["--events", "missing/events.jsonl"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe("holdfast: --events missing/events.jsonl: no such file\n");
    expect((await run(source, ["--events", "."])).code).toBe(2);
  });
});

describe("usage", () => {
  test("help explains grants, limits and exit codes, and loads no sandbox", async () => {
    const { code, stdout, stderr } = await holdfast(["run", "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const word of ["--allow-net", "--limit", "memory=64MiB", "Exit codes:", "130", "Examples:"]) {
      expect(stdout).toContain(word);
    }
  });

  test("the version is the package's", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
      version: string;
    };
    expect(await holdfast(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  test.each([
    [["run", "x.ts", "--alow-net=a"], "Did you mean --allow-net?"],
    [["rum"], "Did you mean run?"],
    [["run"], "missing required argument"],
    [["run", "x.ts", "y.ts"], "too many arguments"],
    [["run", "x.ts", "--arg", "noequals"], "--arg needs name=value"],
    [["run", "x.ts", "--args-json", "[]"], "--args-json must be a JSON object"],
    [["run", "x.ts", "--limit", "memory=lots"], "--limit memory needs a number"],
    [["run", "missing.ts"], "holdfast: missing.ts: no such file"],
    [["run", "."], "holdfast: .: is a directory, not a script"],
  ])("%j is refused with 2", async (words, message) => {
    const { code, stdout, stderr } = await holdfast(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  });

  test("a limit out of its range is a usage error", async () => {
    const { code, stderr } = await run("export default () => 1;", ["--limit", "memory=1KiB"]);
    expect(code).toBe(2);
    expect(stderr).toContain("memory is out of its range");
  });

  test("a file that may not be read, and one that cannot be followed, say so", async () => {
    // The superuser may read every file, so the words for a refusal are asked for directly.
    expect(fileReason(Object.assign(new Error("refused"), { code: "EACCES" }))).toBe("may not be read");
    symlinkSync("loop.ts", join(folder, "loop.ts"));
    const { code, stderr } = await holdfast(["run", "loop.ts"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: "holdfast: loop.ts: cannot be used (ELOOP)\n" });
  });
});

describe("Ctrl-C", () => {
  const waiting = `import { info } from "std/log"; import { sleep } from "std/time";
    export default async () => { info("waiting"); await sleep(60_000); };`;

  async function interrupted(signal: NodeJS.Signals, words: readonly string[] = []): Promise<Ended> {
    writeFileSync(join(folder, "script.ts"), waiting);
    const child = start(["run", "script.ts", ...words]);
    child.stderr?.once("data", () => child.kill(signal));
    return ended(child);
  }

  test.each(["SIGINT", "SIGTERM"] as const)("%s cancels the run and ends with 130", async (signal) => {
    expect(await interrupted(signal)).toMatchObject({ code: 130, stdout: "" });
  });

  test("with --json the error says cancelled", async () => {
    const { code, stdout } = await interrupted("SIGINT", ["--json"]);
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: "HARN-RUN-009" } });
  });
});

describe("secrets", () => {
  const keep = `import { secrets } from "std/oauth/storage";
    export default async () => {
      const store = secrets({ provider: "example" });
      const before = await store.get("example");
      await store.set("example", { access_token: "made up for this test", token_type: "Bearer" });
      return before?.token_type ?? "nothing";
    };`;
  const words = ["--allow-capability=secrets", "--secrets=secrets.bin"];

  test("last from run to run in a file, whose key the script is not given", async () => {
    const env = { SECRETS_KEY: "a key of enough characters" };
    const given = [...words, "--secrets-key=env:SECRETS_KEY"];
    expect(await run(keep, given, env)).toMatchObject({ code: 0, stdout: "nothing\n", stderr: "" });
    expect(await run(keep, given, env)).toMatchObject({ code: 0, stdout: "Bearer\n" });
    const peek = `import { env } from "std/env"; export default () => String(env("SECRETS_KEY"));`;
    expect((await run(peek, [...given, "--allow-env=*"], env)).stdout).toBe("null\n");
    const wrong = await run(keep, given, { SECRETS_KEY: "another key of enough characters" });
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain(
      "--secrets secrets.bin: std/oauth/storage: no key that is configured opens the file",
    );
  });

  test("say when a key comes from elsewhere than the keychain", async () => {
    const { code, stderr } = await run(keep, [
      ...words,
      "--secrets-key=keychain",
      "--secrets-key=file:a.key",
    ]);
    expect(code).toBe(0);
    // Where a keychain answers, there is nothing to say.
    expect(stderr).toMatch(/^(warn {2}the OS keychain .+\n)?$/);
    expect(existsSync(join(folder, "a.key"))).toBe(stderr !== "");
    if (stderr === "") await systemKeychain.remove(join(realpathSync(folder), "secrets.bin"));
  });

  test("need the capability, and a key that is meant for them", async () => {
    expect((await run(keep, ["--secrets=secrets.bin", "--secrets-key=file:a.key"])).code).toBe(3);
    expect((await run(keep, ["--secrets-key=file:a.key"])).code).toBe(2);
    expect((await run(keep, [...words, "--secrets-key=a key"])).stderr).toContain("never the key itself");
  });
});
