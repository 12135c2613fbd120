import { describe, expect, test } from "vitest";
import { isPlain } from "../../../runtime/plugin.ts";
import { storageModule } from "./index.ts";
import { testPorts } from "./ports.test.support.ts";

const module = storageModule(testPorts());

describe("std/oauth/storage", () => {
  test("makes handles at once and stores with promises", () => {
    for (const fn of Object.values(module)) expect(isPlain(fn)).toBe(true);
    const handle = module.memory();
    for (const fn of [handle.get, handle.set, handle.delete, handle.with_refresh_lock]) {
      expect(isPlain(fn)).toBe(false);
    }
  });

  test("storage() has ready handles and factories", async () => {
    const { memory, harn_cloud_session, harn_cloud_org, file, custom, secrets } = module.storage();
    expect(memory).toMatchObject({ kind: "memory", id: expect.stringMatching(/^memory-\d+$/) });
    expect(harn_cloud_session).toMatchObject({ kind: "harn_cloud_session", scope: "session" });
    expect(harn_cloud_org).toMatchObject({ kind: "harn_cloud_org", scope: "org" });
    expect([file, custom, secrets]).toEqual([module.file, module.custom, module.secrets]);
    await memory.set("k", { access_token: "a", token_type: "Bearer" });
    expect(await memory.get("k")).toEqual({ access_token: "a", token_type: "Bearer" });
  });

  test("two memory handles never share", async () => {
    const [one, two] = [module.memory(), module.memory()];
    expect(one.id).not.toBe(two.id);
    await one.set("k", { access_token: "a", token_type: "Bearer" });
    expect(await two.get("k")).toBeNull();
  });
});
