/**
 * The storage contract: what every storage must do, as tests for vitest or node:test.
 *
 * @module
 */

import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { StorageHandle } from "../stdlib/oauth/storage/index.ts";
import type { TokenSet } from "../stdlib/oauth/token-set.ts";

/** A storage under test: empty, and shared with nothing else. */
export interface StorageUnderTest {
  readonly storage: StorageHandle;
  /** Called when the case is over. */
  close?(): Promise<void>;
}

/** The `test` function of vitest or node:test. */
export interface TestApi {
  test(name: string, body: () => Promise<void>): unknown;
}

/**
 * Registers one test per rule of the contract, named `<name>: <rule>`. `makeStore` is called once per test. A storage that seals what
 * it returns is tested with a run that may see tokens (`reveal`), because values are compared.
 */
export function storageContract(
  name: string,
  makeStore: () => Promise<StorageUnderTest>,
  api: TestApi,
): void {
  for (const [rule, check] of Object.entries(rules)) {
    api.test(`${name}: ${rule}`, async () => {
      const made = await makeStore();
      try {
        await check(made.storage);
      } finally {
        await made.close?.();
      }
    });
  }
}

const keys: readonly string[] = [
  "github",
  "Github",
  "github:alice",
  " ",
  "a/b\\c",
  "../x",
  "__proto__",
  "constructor",
  "toString",
  "\u0000",
  "caf\u00e9",
  "cafe\u0301",
  "\u{1f511}",
  "k".repeat(512),
  "\u{1f511}".repeat(128),
];

/** A set whose values say where they came from. */
function tokenSet(label: string, more: Partial<TokenSet> = {}): TokenSet {
  return {
    access_token: `access ${label}`,
    token_type: "Bearer",
    refresh_token: `refresh ${label}`,
    ...more,
  };
}

/** A set with every member; a new object each time, so that a storage cannot be compared with its own. */
function fullSet(): TokenSet {
  return tokenSet("full", {
    issued_at_unix: 1_700_000_000,
    expires_in: 3_600,
    expires_at_unix: 1_700_003_600,
    id_token: "id full",
    scopes: ["read", "write:\u00fc"],
    issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
    metadata: { list: [1, -0.5, true, null, "\u{1f511}"], nested: { empty: {}, none: [] } },
  });
}

async function assertStored(storage: StorageHandle, key: string, expected: TokenSet | null): Promise<void> {
  const found = await storage.get(key);
  // By way of JSON, so that prototypes do not matter: a storage may answer objects that have none.
  assert.deepEqual(
    found === undefined || found === null ? null : JSON.parse(JSON.stringify(found)),
    expected,
  );
}

/** A promise with its key in hand. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

async function turns(): Promise<void> {
  for (let count = 0; count < 20; count += 1) await turn();
}

const rules: Readonly<Record<string, (storage: StorageHandle) => Promise<void>>> = {
  "get of a missing key answers nothing and does not raise": async (storage) => {
    for (const key of keys) await assertStored(storage, key, null);
  },

  "delete of a missing key does not raise": async (storage) => {
    await storage.delete("missing");
    await storage.set("present", tokenSet("present"));
    await storage.delete("missing");
    await assertStored(storage, "present", tokenSet("present"));
  },

  "set then get answers an equal set": async (storage) => {
    await storage.set("key", fullSet());
    await assertStored(storage, "key", fullSet());
  },

  "a smallest set stays as it is": async (storage) => {
    const smallest = { access_token: "a", token_type: "Bearer" };
    await storage.set("key", smallest);
    await assertStored(storage, "key", smallest);
  },

  "set replaces the whole set": async (storage) => {
    await storage.set("key", fullSet());
    const next = { access_token: "next", token_type: "Bearer" };
    await storage.set("key", next);
    await assertStored(storage, "key", next);
  },

  "set of the same set again changes nothing": async (storage) => {
    await storage.set("key", fullSet());
    await storage.set("key", fullSet());
    await assertStored(storage, "key", fullSet());
  },

  "delete removes a set, and it can be set again": async (storage) => {
    await storage.set("key", fullSet());
    await storage.delete("key");
    await assertStored(storage, "key", null);
    await storage.delete("key");
    await storage.set("key", tokenSet("again"));
    await assertStored(storage, "key", tokenSet("again"));
  },

  "keys are independent, whatever their text": async (storage) => {
    for (const [number, key] of keys.entries()) await storage.set(key, tokenSet(String(number)));
    for (const [number, key] of keys.entries()) await assertStored(storage, key, tokenSet(String(number)));
    for (const [number, key] of keys.entries()) if (number % 2 === 0) await storage.delete(key);
    for (const [number, key] of keys.entries()) {
      await assertStored(storage, key, number % 2 === 0 ? null : tokenSet(String(number)));
    }
  },

  "metadata may have any member name": async (storage) => {
    const metadata = JSON.parse('{"constructor":{"x":1},"":2,"$":3}') as Record<string, unknown>;
    await storage.set("key", tokenSet("metadata", { metadata }));
    const found = await storage.get("key");
    assert.equal(JSON.stringify(found?.metadata), JSON.stringify(metadata));
  },

  "an expired set is still returned": async (storage) => {
    const expired = tokenSet("expired", { issued_at_unix: 1_000, expires_in: 1, expires_at_unix: 1_001 });
    await storage.set("key", expired);
    await assertStored(storage, "key", expired);
  },

  "ttl_seconds does not hide a set": async (storage) => {
    await storage.set("zero", tokenSet("zero"), 0);
    await storage.set("long", tokenSet("long"), 86_400);
    await storage.set("none", tokenSet("none"), null);
    for (const key of ["zero", "long", "none"]) await assertStored(storage, key, tokenSet(key));
  },

  "parallel sets lose no key": async (storage) => {
    const names = Array.from({ length: 20 }, (_, number) => `key ${number}`);
    await Promise.all(names.map((key) => storage.set(key, tokenSet(key))));
    for (const key of names) await assertStored(storage, key, tokenSet(key));
  },

  "parallel sets and deletes keep to their keys": async (storage) => {
    const names = Array.from({ length: 20 }, (_, number) => `key ${number}`);
    for (const key of names) await storage.set(key, tokenSet("old"));
    await Promise.all(
      names.map((key, number) =>
        number % 2 === 0 ? storage.delete(key) : storage.set(key, tokenSet("new")),
      ),
    );
    for (const [number, key] of names.entries()) {
      await assertStored(storage, key, number % 2 === 0 ? null : tokenSet("new"));
    }
  },

  "what set was given can change without changing what is stored": async (storage) => {
    const scopes = ["read"];
    const given = { ...tokenSet("given"), scopes };
    await storage.set("key", given);
    given.access_token = "changed";
    scopes.push("write");
    await assertStored(storage, "key", tokenSet("given", { scopes: ["read"] }));
  },

  "what get answered can change without changing what is stored": async (storage) => {
    await storage.set("key", fullSet());
    const found = (await storage.get("key")) as unknown as { access_token: string; scopes: string[] };
    found.access_token = "changed";
    found.scopes.push("changed");
    await assertStored(storage, "key", fullSet());
  },

  "with_refresh_lock answers the body's result": async (storage) => {
    assert.equal(await storage.with_refresh_lock("key", async () => 42), 42);
    assert.equal(await storage.with_refresh_lock("key", () => "at once"), "at once");
  },

  "with_refresh_lock excludes others of the same key": async (storage) => {
    const leave = gate();
    const entered = gate();
    const order: string[] = [];
    const first = storage.with_refresh_lock("key", async () => {
      order.push("first in");
      entered.open();
      await leave.opened;
      order.push("first out");
    });
    await entered.opened;
    const second = storage.with_refresh_lock("key", async () => {
      order.push("second in");
    });
    await turns();
    leave.open();
    await Promise.all([first, second]);
    assert.deepEqual(order, ["first in", "first out", "second in"]);
  },

  "with_refresh_lock never runs two bodies of a key at once": async (storage) => {
    let inside = 0;
    let most = 0;
    let count = 0;
    const body = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await turn();
      count += 1;
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 25 }, () => storage.with_refresh_lock("key", body)));
    assert.deepEqual({ most, count }, { most: 1, count: 25 });
  },

  "with_refresh_lock is free again after a body that throws": async (storage) => {
    const reason = new Error("the body's own");
    await assert.rejects(
      storage.with_refresh_lock("key", async () => {
        throw reason;
      }),
      (error) => error === reason,
    );
    assert.equal(await storage.with_refresh_lock("key", async () => "free"), "free");
  },

  "locks of different keys do not wait for each other": async (storage) => {
    const entered = gate();
    const leave = gate();
    const first = storage.with_refresh_lock("one", async () => {
      entered.open();
      await leave.opened;
    });
    await entered.opened;
    // Only the second body lets the first one go.
    await storage.with_refresh_lock("two", async () => leave.open());
    await first;
  },

  "a body may use the storage, under its own key too": async (storage) => {
    await storage.with_refresh_lock("key", async () => {
      await storage.set("key", tokenSet("inside"));
      await assertStored(storage, "key", tokenSet("inside"));
      await storage.set("other", tokenSet("other"));
    });
    await assertStored(storage, "key", tokenSet("inside"));
    await assertStored(storage, "other", tokenSet("other"));
  },
};
