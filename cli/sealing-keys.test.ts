import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { takeSealingKeys } from "./sealing-keys.ts";
import { UsageError } from "./usage-error.ts";

const main = fileURLToPath(new URL("./main.js", import.meta.url));
const variable = "HOLDFAST_SEALING_KEYS";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-keys-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the variable", () => {
  test("holds keys in base64url or base64, and is gone once it was read", () => {
    const keys = [randomBytes(32), Buffer.alloc(32, 0xfb)];
    const [one = Buffer.alloc(0), two = Buffer.alloc(0)] = keys;
    for (const text of [
      `${one.toString("base64url")},${two.toString("base64")}`,
      ` ${one.toString("base64")} , ${two.toString("base64url")}=\n`,
    ]) {
      const env: Record<string, string | undefined> = { [variable]: text, OTHER: "1" };
      expect(takeSealingKeys(env)?.map((key) => Buffer.from(key))).toEqual(keys);
      expect(env).toEqual({ OTHER: "1" });
    }
    expect(takeSealingKeys({ OTHER: "1" })).toBe(null);
  });

  const good = Buffer.alloc(32, 0xfb).toString("base64url");
  test.each([
    "",
    " ",
    "secret",
    `${good},`,
    `${good},secret`,
    good.slice(1),
    `${good}A`,
    `${good}==`,
    // Another spelling of the same bytes, which a decoder would forgive.
    `${good.slice(0, -1)}t`,
    `+/${good.slice(2, -2)}-_`,
    Buffer.alloc(32, 7).toString("hex"),
  ])("is refused when malformed, without being shown: %j", (text) => {
    const env: Record<string, string | undefined> = { [variable]: text };
    const error = refusal(() => takeSealingKeys(env));
    expect(error).toBeInstanceOf(UsageError);
    expect(error?.message).toContain(variable);
    for (const part of text.split(",").filter((each) => each.trim() !== ""))
      expect(error?.message).not.toContain(part);
    expect(env).toEqual({});
  });
});

function refusal(body: () => unknown): Error | null {
  try {
    body();
    return null;
  } catch (error) {
    return error as Error;
  }
}

describe("holdfast run", () => {
  const [old, now] = [randomBytes(32).toString("base64url"), randomBytes(32).toString("base64")];

  function run(source: string, keys: string | null, args: unknown = {}, words: readonly string[] = []): Ran {
    writeFileSync(join(folder, "script.ts"), source);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [main, "run", "script.ts", "--args-json", JSON.stringify(args), ...words],
      {
        cwd: folder,
        env: { PATH: process.env["PATH"], ...(keys === null ? {} : { [variable]: keys }) },
        encoding: "utf8",
      },
    );
    return { code: status, stdout: stdout.trim(), stderr };
  }
  interface Ran {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
  }

  const seal = `import { memory } from "std/oauth/storage";
    export default async () => {
      const box = memory();
      await box.set("acme", { access_token: "made up for this test", token_type: "Bearer" });
      return (await box.get("acme"))?.access_token;
    };`;
  const reseal = `import { memory } from "std/oauth/storage";
    export default async ({ access_token }: { access_token: string }) => {
      const box = memory();
      await box.set("acme", { access_token, token_type: "Bearer" });
      return (await box.get("acme"))?.access_token;
    };`;

  test("gives capsules that a later run opens, also with a new key before the old one", () => {
    const access_token = run(seal, old).stdout;
    expect(access_token).toMatch(/^hfs1\./);
    expect(run(reseal, old, { access_token })).toMatchObject({ code: 0, stdout: access_token });
    const rotated = run(reseal, `${now},${old}`, { access_token }).stdout;
    expect(rotated).toMatch(/^hfs1\./);
    expect(rotated).not.toBe(access_token);
    expect(run(reseal, now, { access_token: rotated })).toMatchObject({ code: 0, stdout: rotated });
    for (const keys of [now, null]) {
      const refused = run(reseal, keys, { access_token });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain("HARN-OAU-004");
      expect(refused.stderr).toContain("its key was dropped");
    }
  });

  test("grants the variable to no script", () => {
    const source = `import { env } from "std/env";
      export default () => [env("${variable}"), env("PATH") !== null];`;
    const { code, stdout, stderr } = run(source, old, {}, ["--allow-env=*"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual([null, true]);
  });

  test.each(["secret-text", `${old},secret-text`, `${old},${old}`, ""])(
    "ends with exit code 2 when it is malformed, and shows nothing of it (%#)",
    (keys) => {
      const { code, stdout, stderr } = run("export default () => 'ran';", keys);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^holdfast: .*key/);
      expect(stderr).not.toContain("secret-text");
      expect(stderr).not.toContain(old);
    },
  );
});
