import { expect, test } from "vitest";
import { type ClaimingClient, judgeBinding } from "./binding.ts";
import type { EntryBinding } from "./storage/entry.ts";

const login: EntryBinding = {
  provider: "acme",
  issuer: "https://id.acme.example",
  token_origin: "https://id.acme.example",
  resource_origins: ["https://api.acme.example", "https://files.acme.example"],
};
const client = (more: Partial<EntryBinding> = {}, facts: Partial<ClaimingClient> = {}): ClaimingClient => ({
  binding: { ...login, ...more },
  trusted: false,
  catalogueTokenUrl: false,
  isCatalogueOrigin: () => false,
  ...facts,
});

test("the same client may use all of it", () => {
  expect(judgeBinding(client(), login, false)).toEqual({
    ok: true,
    origins: login.resource_origins,
    refreshable: true,
  });
});

test("a client may narrow the origins", () => {
  const narrow = client({ resource_origins: ["https://api.acme.example"] });
  expect(judgeBinding(narrow, login, false)).toMatchObject({
    ok: true,
    origins: ["https://api.acme.example"],
  });
});

test.each([
  ["provider", { provider: "other" }],
  ["token_origin", { token_origin: "https://evil.example" }],
  ["issuer", { issuer: "https://id.acme.example/tenant-1" }],
  ["resource_origins", { resource_origins: ["https://evil.example"] }],
] as const)("a client may not change %s", (reason, change) => {
  const bound = { ...login, issuer: "https://id.acme.example/tenant-2" };
  expect(judgeBinding(client({ issuer: bound.issuer, ...change }), bound, false)).toEqual({
    ok: false,
    reason,
  });
  // Nor may code that the embedder trusts.
  const trusted = client({ issuer: bound.issuer, ...change }, { trusted: true });
  expect(judgeBinding(trusted, bound, false)).toEqual({ ok: false, reason });
});

test("an origin that the catalogue gained later is left out, not refused", () => {
  const origins = [...login.resource_origins, "https://new.acme.example"];
  const catalogue = client({ resource_origins: origins }, { isCatalogueOrigin: () => true });
  expect(judgeBinding(catalogue, login, false)).toMatchObject({ ok: true, origins: login.resource_origins });
});

test("an entry without a record works with unmodified providers only", () => {
  expect(judgeBinding(client(), null, false)).toEqual({ ok: false, reason: "unbound" });
  const unmodified = { catalogueTokenUrl: true, isCatalogueOrigin: () => true };
  expect(judgeBinding(client({}, unmodified), null, false).ok).toBe(true);
  expect(judgeBinding(client({}, { ...unmodified, isCatalogueOrigin: () => false }), null, false).ok).toBe(
    false,
  );
  expect(judgeBinding(client({}, { ...unmodified, catalogueTokenUrl: false }), null, false).ok).toBe(false);
  expect(judgeBinding(client(), null, true).ok).toBe(true);
  expect(judgeBinding(client({}, { trusted: true }), null, false).ok).toBe(true);
});

test("a capsule's record has no token endpoint: the refresh token goes to its issuer's origin only", () => {
  const capsule = { ...login, token_origin: "" };
  expect(judgeBinding(client(), capsule, false)).toMatchObject({ ok: true, refreshable: true });
  const aimed = client({ token_origin: "https://evil.example" });
  expect(judgeBinding(aimed, capsule, false)).toMatchObject({ ok: true, refreshable: false });
  // Stating the right issuer does not help.
  expect(judgeBinding(aimed, { ...capsule, issuer: null }, false)).toMatchObject({ refreshable: false });
  const catalogue = client({ token_origin: "https://elsewhere.example" }, { catalogueTokenUrl: true });
  expect(judgeBinding(catalogue, capsule, false)).toMatchObject({ refreshable: true });
  // A login that a script made elsewhere under a catalogue provider's name is not the catalogue provider's.
  const misnamed = { ...capsule, issuer: "https://evil.example" };
  expect(judgeBinding(catalogue, misnamed, false)).toMatchObject({ refreshable: false });
});
