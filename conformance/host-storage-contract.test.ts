/**
 * The storage contract over the host's storages: in Node, and with every operation called by a script in the sandbox.
 */

import { afterAll, beforeAll, describe, test } from "vitest";
import {
  CloudDatabase,
  type HostCapability,
  hostPorts,
  secretHost,
} from "../stdlib/oauth/storage/host-storage.test.support.ts";
import { type StorageHandle, storageModule } from "../stdlib/oauth/storage/index.ts";
import { storageContract, type TestApi } from "./index.ts";
import { openScripts, type Scripts } from "./script-storage.test.support.ts";

interface Backend {
  readonly name: string;
  /** The expression that makes the handle, in a script. */
  readonly expression: string;
  readonly capabilities: () => Readonly<Record<string, HostCapability>>;
  readonly api?: TestApi;
}

/** By design a secret keeps its refresh token when the new set has none, so this one rule is not asked of it. */
const keepsRefreshToken: TestApi = {
  test: (name, body) => void (name.endsWith(": set replaces the whole set") || contractTest(name, body)),
};
const contractTest: TestApi["test"] = test;

const cloud =
  (how?: Parameters<CloudDatabase["host"]>[0]): Backend["capabilities"] =>
  () => ({ oauth_storage: new CloudDatabase().host(how) });

const backends: readonly Backend[] = [
  { name: "harn_cloud_session", expression: "harn_cloud_session()", capabilities: cloud() },
  { name: "harn_cloud_org", expression: "harn_cloud_org()", capabilities: cloud() },
  {
    name: "harn_cloud_org with all that is optional",
    expression: "harn_cloud_org()",
    capabilities: cloud({ compareAndSet: true, tokenWithLease: true }),
  },
  {
    name: "secrets",
    expression: 'secrets({ provider: "acme" })',
    capabilities: () => ({ secrets: secretHost() }),
    api: keepsRefreshToken,
  },
];

for (const { name, expression, capabilities, api = { test } } of backends) {
  storageContract(
    `${name} in Node`,
    async () => {
      const module = storageModule(hostPorts(capabilities()));
      const make: Record<string, () => StorageHandle> = {
        "harn_cloud_session()": module.harn_cloud_session,
        "harn_cloud_org()": module.harn_cloud_org,
        'secrets({ provider: "acme" })': () => module.secrets({ provider: "acme" }),
      };
      return { storage: (make[expression] as () => StorageHandle)() };
    },
    api,
  );
  describe("in the sandbox", () => {
    let scripts: Scripts;
    beforeAll(async () => {
      scripts = await openScripts(capabilities);
    });
    afterAll(() => scripts.close());
    storageContract(`${name} from a script`, () => scripts.storage(expression), api);
  });
}
