import { describe, expect, test } from "vitest";
import type { TokenSet } from "../token-set.ts";
import {
  type Called,
  type HostCapability,
  hostPorts,
  recorded,
  secretHost,
} from "./host-storage.test.support.ts";
import { entryStoreOf, type SecretsOptions, storageModule } from "./index.ts";
import { lineageOf } from "./lineage.ts";
import type { Entry } from "./entry.ts";

const set: TokenSet = { access_token: "access 1", refresh_token: "refresh 1", token_type: "Bearer" };

function host(
  contents: Readonly<Record<string, string>> = {},
  change: (good: HostCapability) => HostCapability = (good) => good,
) {
  const rows = new Map(Object.entries(contents));
  const calls: Called[] = [];
  const ports = hostPorts({ secrets: recorded(change(secretHost(rows)), calls) });
  const { secrets } = storageModule(ports);
  return { rows, calls, ports, secrets };
}

function throwing(more: Readonly<Record<string, unknown>>): () => never {
  return () => {
    throw Object.assign(new Error("not in keyring, not in env; s3cret\n"), more);
  };
}

describe("options", () => {
  test.each([
    [undefined, "provider"],
    [{ provider: " " }, "provider"],
    [{ provider: 7 }, "provider"],
    [{ provider: "p", token_name: "" }, "token_name"],
    [{ provider: "p", key_prefix: 7 }, "key_prefix"],
    [{ provider: "p", scope: 7 }, "scope"],
    [{ provider: "p", prefix: "x" }, "unknown option"],
    ["p", "options must be an object"],
  ])("%j is HARN-OAU-011", (options, words) => {
    expect(() => host().secrets(options as SecretsOptions)).toThrow(
      expect.objectContaining({ code: "HARN-OAU-011", message: expect.stringContaining(words) }),
    );
  });

  test("a handle shows its kind and provider, no id", () => {
    const handle = host().secrets({ provider: "github" });
    expect(handle).toMatchObject({ kind: "secrets", provider: "github" });
    expect("id" in handle).toBe(false);
  });
});

describe("names", () => {
  test.each([
    [{}, "github", "github/oauth-token"],
    [{}, "oauth-token", "github/oauth-token"],
    [{}, "alice", "github/alice"],
    [{ key_prefix: "user-" }, "alice", "github/user-alice"],
    [{ key_prefix: "user-" }, "github", "github/oauth-token"],
    [{ token_name: "t" }, "github", "github/t"],
    [{ token_name: "t" }, "t", "github/t"],
    [{ key_prefix: "user-" }, "other/name", "other/name"],
    [{}, "harn-secret://github/x", "harn-secret://github/x"],
  ])("%j %s → %s", async (more, key, name) => {
    const { secrets, calls } = host();
    await secrets({ provider: "github", ...more }).get(key);
    expect(calls).toEqual([{ operation: "get", params: { name, scope: null } }]);
  });

  test("the scope goes to every call", async () => {
    const { secrets, calls } = host();
    const handle = secrets({ provider: "github", scope: "user" });
    await handle.set("github", set);
    await handle.delete("github");
    expect(calls.map(({ operation, params }) => [operation, params["scope"]])).toEqual([
      ["get", "user"],
      ["set", "user"],
      ["delete", "user"],
    ]);
  });
});

describe("get", () => {
  const read = async (value: string): Promise<TokenSet | null> =>
    await host({ "github/oauth-token": value }).secrets({ provider: "github" }).get("github");

  test("answers nothing for no secret, a blank one, or JSON that is no object", async () => {
    expect(await host().secrets({ provider: "github" }).get("github")).toBeNull();
    for (const value of ["", " \n", "[]", "7", '"text"', "null", '{"client_id":"c"}']) {
      expect(await read(value)).toBeNull();
    }
  });

  test("answers nothing when the host throws not_found", async () => {
    const made = host({}, (good) => ({ ...good, get: throwing({ code: "not_found" }) }));
    expect(await made.secrets({ provider: "github" }).get("github")).toBeNull();
  });

  test("splits scopes that are one text, and shows the token set only", async () => {
    const value = { ...set, scopes: "read  write", client_secret: "not for scripts", endpoint: "e" };
    expect(await read(JSON.stringify(value))).toEqual({ ...set, scopes: ["read", "write"] });
  });

  test("refuses what is not JSON, without its text", async () => {
    const error = await read('{"access_token": "s3cret').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "HARN-OAU-010", retryable: false });
    expect(String(error)).not.toContain("s3cret");
  });

  test("refuses a malformed token set", async () => {
    await expect(read('{"access_token": 7}')).rejects.toMatchObject({ code: "HARN-OAU-010" });
  });

  test("a host that fails, or that no one bound, is an error", async () => {
    const failing = host({}, (good) => ({ ...good, get: throwing({ code: "locked" }) }));
    await expect(failing.secrets({ provider: "github" }).get("github")).rejects.toMatchObject({
      code: "HARN-OAU-010",
      retryable: true,
    });
    const { secrets } = storageModule(hostPorts({}));
    await expect(secrets({ provider: "github" }).get("github")).rejects.toMatchObject({
      code: "HARN-OAU-010",
      message: expect.stringContaining("the host gives no secrets.get"),
    });
    const unwanted = storageModule(hostPorts({ secrets: secretHost() }, { granted: false })).secrets;
    await expect(unwanted({ provider: "github" }).get("github")).rejects.toMatchObject({
      code: "HARN-OAU-009",
    });
  });
});

describe("set", () => {
  const after = async (before: string | null, next: TokenSet): Promise<string | undefined> => {
    const made = host(before === null ? {} : { "github/oauth-token": before });
    await made.secrets({ provider: "github" }).set("github", next, 60);
    return made.rows.get("github/oauth-token");
  };

  test("writes JSON with sorted members and no ttl", async () => {
    expect(await after(null, set)).toBe(
      '{"access_token":"access 1","refresh_token":"refresh 1","token_type":"Bearer"}',
    );
  });

  test("keeps the other members and the refresh token, and replaces the rest", async () => {
    const before = {
      ...set,
      client_id: "c",
      endpoint: "e",
      expires_in: 60,
      id_token: "id",
      scopes: "read",
      token_exchange_mode: "x",
    };
    expect(await after(JSON.stringify(before), { access_token: "access 2", token_type: "Bearer" })).toBe(
      '{"access_token":"access 2","client_id":"c","endpoint":"e","refresh_token":"refresh 1","token_type":"Bearer"}',
    );
  });

  test("a new refresh token replaces the old one", async () => {
    const next = { ...set, refresh_token: "refresh 2" };
    expect(JSON.parse((await after(JSON.stringify(set), next)) ?? "")).toEqual(next);
  });

  test("never overwrites a secret that is something else", async () => {
    for (const before of ["a password", "[1]", "7"]) {
      const made = host({ "db/password": before });
      await expect(made.secrets({ provider: "github" }).set("db/password", set)).rejects.toMatchObject({
        code: "HARN-OAU-010",
      });
      expect(made.rows.get("db/password")).toBe(before);
    }
  });

  test("a host that cannot write is an error, whatever it calls it", async () => {
    const made = host({}, (good) => ({ ...good, set: throwing({ code: "not_found" }) }));
    await expect(made.secrets({ provider: "github" }).set("github", set)).rejects.toMatchObject({
      code: "HARN-OAU-010",
    });
  });

  test("parallel writes of two keys with one name follow each other", async () => {
    const made = host({ "github/oauth-token": '{"client_id":"c"}' });
    const handle = made.secrets({ provider: "github" });
    await Promise.all([handle.set("github", set), handle.set("oauth-token", set)]);
    expect(made.calls.map(({ operation }) => operation)).toEqual(["get", "set", "get", "set"]);
  });
});

test("a write over a lineage is judged by the refresh token's hash", async () => {
  const { secrets, ports, rows } = host({ "github/oauth-token": JSON.stringify(set) });
  const store = entryStoreOf(secrets({ provider: "github" }), ports);
  const entry = (await store.read("github")) as Entry;
  const next = { ...entry, token_set: { ...set, refresh_token: "refresh 2" } };
  expect(await store.write("github", next, lineageOf(entry))).toBe(true);
  expect(await store.write("github", entry, lineageOf(entry))).toBe(false);
  expect(JSON.parse(rows.get("github/oauth-token") ?? "")).toMatchObject({ refresh_token: "refresh 2" });
});

test("delete of an absent secret is no error", async () => {
  const made = host({}, (good) => ({ ...good, delete: throwing({ code: "not_found" }) }));
  await made.secrets({ provider: "github" }).delete("github");
  const failing = host({}, (good) => ({ ...good, delete: throwing({}) }));
  await expect(failing.secrets({ provider: "github" }).delete("github")).rejects.toMatchObject({
    code: "HARN-OAU-010",
  });
});

test("describe_absence is null for what is there, else the host's own words, redacted", async () => {
  const why = async (made: ReturnType<typeof host>): Promise<string | null | undefined> =>
    await made.secrets({ provider: "github" }).describe_absence?.("github");
  expect(await why(host({ "github/oauth-token": JSON.stringify(set) }))).toBeNull();
  expect(await why(host())).toBe("there is no such secret");
  expect(await why(host({ "github/oauth-token": " " }))).toBe("the secret is blank");
  expect(await why(host({ "github/oauth-token": '{"client_id":"c"}' }))).toBe("the secret holds no token");
  const told = host({}, (good) => ({ ...good, get: throwing({ code: "not_found" }) }));
  expect(await why(told)).toBe("not in keyring, not in env; <redacted> ");
});
