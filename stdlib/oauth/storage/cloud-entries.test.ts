import { expect, test } from "vitest";
import type { Ports } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import { cloudStore } from "./cloud.ts";
import { hostPorts } from "./host-storage.test.support.ts";
import { memoryStore } from "./memory.ts";
import type { ScriptStore } from "./script-store.ts";
import type { Entry } from "./entry.ts";

const entry: Entry = {
  token_set: { access_token: "access", token_type: "Bearer", refresh_token: "refresh" },
  ttl_seconds: null,
  binding: null,
  generation: "g",
  version: 1,
  updated_at_unix: 1,
  intent: { refresh_hash: "h", started_at_unix: 1 },
};
const unstated = (): null => null;
const failure = (): OAuthError => {
  const error = new OAuthError("HARN-OAU-010", "std/oauth/storage: the database is away", "Try again.");
  error.cause = new Error("the database's own s3cret words");
  return error;
};

/** Ports over a host that keeps entries in memory, with parts of its store replaced. */
function hosted(parts: Partial<ScriptStore> = {}, events: unknown[] = []): Ports {
  const stores = new Map<string, ScriptStore>();
  const cloud_entries = ({ scope }: { readonly scope: string }): ScriptStore => {
    const store = stores.get(scope) ?? { ...memoryStore(scope), ...parts };
    stores.set(scope, store);
    return store;
  };
  return hostPorts({ oauth_storage: { cloud_entries } }, { events });
}

test("whole entries are kept, by scope", async () => {
  const ports = hosted();
  const org = cloudStore(ports, "org", unstated);
  expect(org.keepsEntries).toBe(true);
  await org.write("key", entry);
  expect(await cloudStore(ports, "org", unstated).read("key")).toEqual(entry);
  expect(await cloudStore(ports, "session", unstated).read("key")).toBeNull();
  expect(await org.withRefreshLock("key", async () => "in")).toBe("in");
});

test("an entry without a record of its login is where the embedder says", async () => {
  const stated = { provider: "acme", issuer: null, token_origin: "https://a", resource_origins: [] };
  const store = cloudStore(hosted(), "org", () => stated);
  await store.write("key", entry);
  expect(await store.read("key")).toMatchObject({ binding: stated });
});

test("a scripted world keeps token sets, whatever it is told to offer", () => {
  const ports: Ports = { ...hosted(), testing: {} as NonNullable<Ports["testing"]> };
  expect(cloudStore(ports, "org", unstated).keepsEntries).toBe(false);
});

test("a run without the capability gets none of it", async () => {
  const ports = hostPorts({ oauth_storage: {} }, { granted: false });
  await expect(cloudStore(ports, "org", unstated).read("key")).rejects.toMatchObject({
    code: "HARN-OAU-009",
  });
});

test("what the database said goes to the operator once, redacted, and not to the script", async () => {
  const events: unknown[] = [];
  const write = async (): Promise<boolean> => {
    throw failure();
  };
  const store = cloudStore(hosted({ write }, events), "org", unstated);
  const failed = store.withRefreshLock("key", () => store.write("key", entry));
  await expect(failed).rejects.toThrow("std/oauth/storage: the database is away");
  expect(events).toEqual([
    {
      topic: "oauth.storage.audit",
      kind: "capability_failed",
      payload: {
        capability: "oauth_storage",
        operation: "cloud_entries",
        error: "Error: the database's own <redacted> words",
      },
    },
  ]);
});

test("what a body throws is thrown on as it is", async () => {
  const reason = new Error("the body's own");
  const locked = cloudStore(hosted(), "org", unstated).withRefreshLock("key", () => Promise.reject(reason));
  await expect(locked).rejects.toBe(reason);
});
