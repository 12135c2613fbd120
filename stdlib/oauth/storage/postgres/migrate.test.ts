import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type pg from "pg";
import { migrate, schemaVersion } from "./migrate.ts";
import { startServer, type TestServer } from "./postgres-server.test.support.ts";
import { checkDatabase } from "./start-check.ts";

let server: TestServer;
const roles = { app: "app", scheduler: "scheduler" };

beforeAll(async () => {
  server = await startServer();
  await server.sql(`
    create role "Second ""app""" login;
    create role super superuser login;
    create role bypass bypassrls login;
    create role maker createrole login;
    create role heir login in role bypass;
    create role deputy login in role owner;
    create role planner login in role scheduler;
    create role stranger login`);
  await migrate(server.pool("owner"), { roles });
});
afterAll(() => server.stop());

async function check(role: string, database?: string): Promise<string> {
  const pool = server.pool(role, database === undefined ? {} : { database });
  try {
    await checkDatabase(async (text, values) => (await pool.query(text, values)).rows as unknown[]);
    return "accepted";
  } catch (error) {
    return (error as Error).message.replace("std/oauth/storage: ", "");
  }
}

describe("migrate", () => {
  test("run by five connections at once makes the schema once", async () => {
    await server.database("race");
    const pools = Array.from({ length: 5 }, () => server.pool("owner", { database: "race" }));
    const steps = await Promise.all(pools.map((pool) => migrate(pool, { roles })));
    expect(steps.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, schemaVersion]);
    const versions = await server.sql("select version from holdfast.schema_version", [], "race");
    expect(versions).toHaveLength(schemaVersion);
  });

  test("run again changes nothing, and may name other roles", async () => {
    const pool = server.pool("owner");
    const policies = `select oid::text, polroles::regrole[]::text[] as roles from pg_policy where polname = 'scheduler'`;
    const [before] = await server.sql(policies);
    expect(await migrate(pool, { roles })).toBe(0);
    expect(await server.sql(policies)).toEqual([before]);
    await migrate(pool, { roles: { app: ["app", 'Second "app"'], scheduler: ["scheduler", "stranger"] } });
    expect((await server.sql(policies))[0]?.["roles"]).toEqual(["scheduler", "stranger"]);
    expect(await check('Second "app"')).toBe("accepted");
    await migrate(pool, { roles });
  });

  test("a step that fails leaves nothing of itself", async () => {
    await server.database("half");
    await server.sql(
      "create schema holdfast authorization owner; create table holdfast.token ()",
      [],
      "half",
    );
    const pool = server.pool("owner", { database: "half" });
    await expect(migrate(pool, { roles })).rejects.toThrow("already exists");
    const tables = await server.sql(
      "select tablename from pg_tables where schemaname = 'holdfast'",
      [],
      "half",
    );
    expect(tables).toEqual([{ tablename: "token" }]);
  });
});

describe("the check at the start", () => {
  const refused: readonly [string, RegExp][] = [
    ["postgres", /is a superuser/],
    ["super", /is a superuser/],
    ["bypass", /may bypass row-level security/],
    ["heir", /may bypass row-level security/],
    ["maker", /may create roles/],
    ["owner", /owns the schema/],
    ["deputy", /owns the schema/],
    ["scheduler", /further policy/],
    ["planner", /further policy/],
  ];
  test.each(refused)("refuses the role %s", async (role, reason) => {
    expect(await check(role)).toMatch(reason);
  });

  test("accepts the role of a host", async () => {
    expect(await check("app")).toBe("accepted");
  });

  test("is not deceived by set role", async () => {
    const pool: pg.Pool = server.pool("postgres", { max: 1, options: "-c role=app" });
    const { rows } = await pool.query("select current_user as name");
    expect(rows).toEqual([{ name: "app" }]);
    const asked = checkDatabase(async (text, values) => (await pool.query(text, values)).rows as unknown[]);
    await expect(asked).rejects.toThrow("is a superuser");
  });

  test("refuses a database without schema, or with an older or newer one", async () => {
    await server.database("empty");
    expect(await check("app", "empty")).toBe("the database has no schema holdfast");
    await server.sql("insert into holdfast.schema_version (version) values ($1)", [schemaVersion + 1]);
    expect(await check("app")).toBe("the schema of the database is newer than this release");
    await server.sql("delete from holdfast.schema_version where version >= $1", [schemaVersion]);
    expect(await check("app")).toBe("the schema of the database is older than this release");
    await server.sql("insert into holdfast.schema_version (version) values ($1)", [schemaVersion]);
  });

  test.each(["tenant_key", "token", "schedule"])("refuses when %s is no longer closed", async (table) => {
    for (const [open, close] of [
      ["disable", "enable"],
      ["no force", "force"],
    ]) {
      await server.sql(`alter table holdfast.${table} ${open} row level security`);
      expect(await check("app")).toBe("row-level security is not forced on every table");
      await server.sql(`alter table holdfast.${table} ${close} row level security`);
    }
    expect(await check("app")).toBe("accepted");
  });
});
