import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type TestServer } from "./postgres-server.test.support.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

test("what was committed is there after a crash and a restart", async () => {
  await server.sql("create table kept (n int); insert into kept values (1)");
  await server.crash();
  await expect(server.sql("select 1")).rejects.toThrow(/ENOENT|ECONNREFUSED/);
  await server.start();
  expect(await server.sql("select n from kept")).toEqual([{ n: 1 }]);
});

test("each role is what a deployment has", async () => {
  const { rows } = await server
    .pool("app")
    .query("select current_user as name, rolsuper as super from pg_roles where rolname = current_user");
  expect(rows).toEqual([{ name: "app", super: false }]);
});
