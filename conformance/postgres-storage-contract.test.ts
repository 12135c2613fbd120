/** The storage contract over PostgreSQL: in Node, from a script in the sandbox, and over its plain operations. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { capability, createRuntime } from "../runtime/index.ts";
import { createOAuth } from "../stdlib/oauth/node.ts";
import { type Fleet, startFleet } from "../stdlib/oauth/storage/postgres/fleet.test.support.ts";
import type { PostgresStorage } from "../stdlib/oauth/storage/postgres/index.ts";
import { storageContract } from "./index.ts";
import { openScripts, type Scripts } from "./script-storage.test.support.ts";

let fleet: Fleet;
let tenants = 0;
beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet.close());

const newTenant = async (): Promise<PostgresStorage> =>
  (await fleet.host(`tenant ${++tenants}`, { max: 3 })).storage;

storageContract(
  "PostgreSQL in Node",
  async () => {
    const oauth_storage = await newTenant();
    const { storage, close } = createOAuth({ capabilities: { oauth_storage } });
    return {
      storage: storage.harn_cloud_org(),
      async close() {
        await close();
        await oauth_storage.close();
      },
    };
  },
  { test },
);

storageContract(
  "PostgreSQL's plain operations",
  async () => {
    const oauth_storage = await newTenant();
    const { storage, close } = createOAuth({ capabilities: { oauth_storage: { ...oauth_storage } } });
    return {
      storage: storage.harn_cloud_session(),
      async close() {
        await close();
        await oauth_storage.close();
      },
    };
  },
  { test },
);

describe("from a script", () => {
  let scripts: Scripts;
  beforeAll(async () => {
    scripts = await openScripts(async () => ({ oauth_storage: await newTenant() }));
  });
  afterAll(() => scripts.close());
  storageContract("PostgreSQL from a script", () => scripts.storage("harn_cloud_org()"), { test });
});

describe("scripts reach nothing of the storage but handles", () => {
  test("capability() makes no module of it", async () => {
    const storage = await newTenant();
    expect(() => capability("oauth_storage", storage)).toThrow(
      "oauth_storage is for std modules only; give it in the option capabilities",
    );
    // A copy is the embedder's own doing, and has the operations of the contract only.
    expect(Object.keys({ ...storage }).every((name) => /^cloud_(?!entries)/.test(name))).toBe(true);
  });

  test("there is no module of a capability in the option capabilities", async () => {
    const runtime = await createRuntime({ capabilities: { oauth_storage: await newTenant() } });
    const source = `
      export default async () => {
        const found = [];
        for (const name of ["std/capability/oauth_storage", "std/oauth_storage"]) {
          found.push(await import(name).then(() => name, () => "nothing"));
        }
        return found;
      };`;
    const grants = { capabilities: ["oauth_storage"] };
    const { result } = await runtime.run({ filename: "pipeline.js", source, grants });
    expect(result).toEqual(["nothing", "nothing"]);
    await runtime.close();
  });
});
