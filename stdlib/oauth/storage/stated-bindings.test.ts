import { describe, expect, test } from "vitest";
import type { Entry, EntryBinding } from "./entry.ts";
import { bringsIn } from "./own-knowledge.ts";
import { testPorts } from "./ports.test.support.ts";
import { refuseOtherLogin, statedBindings, withStated } from "./stated-bindings.ts";

const binding: EntryBinding = {
  provider: "acme",
  issuer: "https://acme.test/tenant",
  token_origin: "https://acme.test",
  resource_origins: ["https://api.acme.test"],
};
const entry: Entry = {
  token_set: { access_token: "a", token_type: "Bearer" },
  ttl_seconds: null,
  binding: null,
  generation: "",
  version: 1,
  updated_at_unix: 1,
  intent: null,
};

describe("statedBindings", () => {
  test("reads URLs as origins, with the token endpoint's for what was left out", () => {
    const full = statedBindings(
      () => ({
        provider: "acme",
        tokenEndpoint: "https://acme.test/oauth/token?x=1",
        issuer: "https://acme.test/tenant",
        resourceOrigins: ["https://api.acme.test/v1"],
      }),
      "file",
    );
    expect(full("k")).toEqual(binding);
    const least = statedBindings(() => ({ provider: "acme", tokenEndpoint: "https://acme.test" }), "file");
    expect(least("k")).toEqual({
      ...binding,
      issuer: "https://acme.test",
      resource_origins: ["https://acme.test"],
    });
  });

  test("says nothing where the embedder says nothing", () => {
    expect(statedBindings(undefined, "file")("k")).toBeNull();
    expect(statedBindings(() => null, "file")("k")).toBeNull();
  });

  test("takes no text that is not a URL", () => {
    expect(() => statedBindings(() => ({ provider: "p", tokenEndpoint: "acme" }), "file")("k")).toThrow(
      TypeError,
    );
  });
});

test("withStated speaks only for entries that have no record", () => {
  const of = (): EntryBinding => binding;
  const other = { ...binding, provider: "other" };
  const [mine, theirs] = [testPorts(), testPorts()];
  expect(withStated(mine, null, "k", of)).toBeNull();
  expect(withStated(mine, entry, "k", of)?.binding).toEqual(binding);
  expect(withStated(mine, { ...entry, binding: other }, "k", of)?.binding).toEqual(other);
  // Raw values that a script wrote are its own knowledge, and no other's.
  bringsIn(mine, "g");
  expect(withStated(mine, { ...entry, generation: "g" }, "k", of)?.binding).toBeNull();
  expect(withStated(theirs, { ...entry, generation: "g" }, "k", of)?.binding).toEqual(binding);
});

describe("refuseOtherLogin", () => {
  const judge = (own: Partial<EntryBinding> | null, stated: EntryBinding | null = binding): (() => void) => {
    const bound = own === null ? null : { ...binding, ...own };
    return () => refuseOtherLogin({ ...entry, binding: bound }, stated);
  };

  test("lets the same login pass, also as a capsule without its token endpoint", () => {
    for (const own of [
      null,
      {},
      { issuer: null },
      { token_origin: "" },
      { token_origin: "", issuer: "https://acme.test" },
    ]) {
      expect(judge(own)).not.toThrow();
    }
    expect(judge({ provider: "other" }, null)).not.toThrow();
  });

  test.each([
    { provider: "other" },
    { token_origin: "https://evil.test" },
    { token_origin: "", issuer: "https://evil.test" },
    { token_origin: "", issuer: null },
    { token_origin: "", issuer: "unrecorded" },
  ])("refuses %j", (own) => {
    expect(judge(own)).toThrow(expect.objectContaining({ code: "HARN-OAU-004" }));
  });
});
