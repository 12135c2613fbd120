import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  startServer,
  type TestServer,
} from "../stdlib/oauth/storage/postgres/postgres-server.test.support.ts";

const main = fileURLToPath(new URL("./main.js", import.meta.url));
const keys = `first:${randomBytes(32).toString("base64url")}`;
let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const url = (role: string): string =>
  `postgres://${role}@${encodeURIComponent(String(server.config(role).host))}/holdfast`;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function holdfast(words: readonly string[], env: Record<string, string>, input = ""): Promise<Ended> {
  const child = spawn(process.execPath, [main, ...words], { env: { PATH: process.env["PATH"], ...env } });
  child.stdin.end(input);
  const ended = once(child, "exit");
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await ended) as [number | null];
  return { code, out, err };
}

describe("store migrate", { timeout: 60_000 }, () => {
  test("makes the schema and gives the roles their rights, and then has nothing to do", async () => {
    const words = ["store", "migrate", "--app", "app", "--scheduler", "scheduler"];
    const env = { HOLDFAST_DATABASE_URL: url("owner") };
    expect(await holdfast(words, env)).toMatchObject({
      code: 0,
      out: expect.stringContaining("1 step made"),
    });
    expect(await holdfast(words, env)).toMatchObject({
      code: 0,
      out: expect.stringContaining("nothing to do"),
    });
  });

  test("says what it needs", async () => {
    const words = ["store", "migrate", "--app", "app"];
    expect(await holdfast(words, {})).toMatchObject({
      code: 2,
      err: expect.stringContaining("HOLDFAST_DATABASE_URL"),
    });
    expect(await holdfast(words, { HOLDFAST_DATABASE_URL: "mysql://x" })).toMatchObject({ code: 2 });
  });
});

describe("run --tenant", { timeout: 60_000 }, () => {
  const script = `
    import { harn_cloud_org } from "std/oauth/storage";
    export default async ({ write }) => {
      const tokens = harn_cloud_org();
      if (write) await tokens.set("key", { access_token: write, token_type: "Bearer" });
      return (await tokens.get("key"))?.token_type ?? null;
    };`;
  const words = ["run", "-", "--allow-capability=oauth_storage"];
  const env = (): Record<string, string> => ({
    HOLDFAST_DATABASE_URL: url("app"),
    HOLDFAST_STORE_KEYS: keys,
  });

  test("keeps cloud storage in the database, of this tenant only", async () => {
    const acme = [...words, "--tenant=acme"];
    expect(await holdfast([...acme, "--arg", "write=made-up"], env(), script)).toMatchObject({
      code: 0,
      out: "Bearer\n",
    });
    expect(await holdfast(acme, env(), script)).toMatchObject({ code: 0, out: "Bearer\n" });
    expect(await holdfast([...words, "--tenant=beta"], env(), script)).toMatchObject({
      code: 0,
      out: "null\n",
    });
  });

  test("says what is missing or wrong, and never shows a key", async () => {
    const given = env();
    const acme = [...words, "--tenant=acme"];
    const cases: readonly (readonly [Record<string, string>, RegExp])[] = [
      [{}, /HOLDFAST_DATABASE_URL/],
      [{ HOLDFAST_DATABASE_URL: url("app") }, /HOLDFAST_STORE_KEYS/],
      [{ ...given, HOLDFAST_STORE_KEYS: "short:secret-of-mine" }, /must be keys as id:key/],
      [{ ...given, HOLDFAST_DATABASE_URL: url("owner") }, /owns the schema or its tables/],
    ];
    for (const [wrong, says] of cases) {
      const { code, err } = await holdfast(acme, wrong, script);
      expect(code).toBe(2);
      expect(err).toMatch(says);
      expect(err).not.toContain("secret-of-mine");
    }
  });

  test("takes its variables out of what scripts can read, also without a tenant", async () => {
    const reader = `import { env } from "std/env"; export default () => env("HOLDFAST_STORE_KEYS") ?? "none";`;
    expect(await holdfast(["run", "-", "--allow-env=*"], env(), reader)).toMatchObject({
      code: 0,
      out: "none\n",
    });
  });
});

describe("store doctor --database", { timeout: 60_000 }, () => {
  test("looks at role, keys and schedule", async () => {
    const words = ["store", "doctor", "--database", "--tenant", "acme"];
    const env = {
      HOLDFAST_DATABASE_URL: url("app"),
      HOLDFAST_SCHEDULER_URL: url("scheduler"),
      HOLDFAST_STORE_KEYS: keys,
    };
    const good = await holdfast(words, env);
    expect(good).toMatchObject({ code: 0, err: "" });
    for (const says of [
      "sees one tenant at a time",
      "open all 1 data keys",
      "no connection is due",
      "no host left",
    ]) {
      expect(good.out).toContain(says);
    }
    const other = `first:${randomBytes(32).toString("base64url")}`;
    const wrong = await holdfast(words, { ...env, HOLDFAST_STORE_KEYS: other });
    expect(wrong).toMatchObject({ code: 1, out: expect.stringContaining("and is another") });
    const owner = await holdfast(words, { ...env, HOLDFAST_DATABASE_URL: url("owner") });
    expect(owner).toMatchObject({ code: 1, out: expect.stringContaining("owns the schema") });
  });
});
