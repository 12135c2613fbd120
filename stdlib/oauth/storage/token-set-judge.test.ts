import { describe, expect, test } from "vitest";
import { judgeTokenSet } from "./token-set-judge.ts";

describe("judgeTokenSet", () => {
  test("keeps every member, known or not, in a frozen copy", () => {
    const set = {
      access_token: "a",
      token_type: "Bearer",
      expires_in: 0,
      scopes: [],
      metadata: { tenant: "t" },
      token_exchange_mode: null,
    };
    const judged = judgeTokenSet(set);
    expect(judged).toEqual({ ok: true, token_set: set });
    expect(judged.ok && Object.isFrozen(judged.token_set)).toBe(true);
  });

  test("takes a known member that is null for absent", () => {
    const judged = judgeTokenSet({ access_token: "a", refresh_token: null, expires_in: null, scopes: null });
    expect(judged).toEqual({ ok: true, token_set: { access_token: "a" } });
  });

  test("takes the longest token", () => {
    expect(judgeTokenSet({ access_token: "x".repeat(128 * 1024) }).ok).toBe(true);
  });

  test.each([
    [null, "object"],
    ["token", "object"],
    [[], "object"],
    [{}, "access_token"],
    [{ access_token: "" }, "access_token"],
    [{ access_token: 7 }, "access_token"],
    [{ access_token: "a", refresh_token: 7 }, "refresh_token"],
    [{ access_token: "a", token_type: {} }, "token_type"],
    [{ access_token: "a", expires_in: "3600" }, "expires_in"],
    [{ access_token: "a", expires_at_unix: Infinity }, "JSON"],
    [{ access_token: "a", scopes: "read" }, "scopes"],
    [{ access_token: "a", scopes: [1] }, "scopes"],
    [{ access_token: "a", metadata: [] }, "metadata"],
    [{ access_token: "a", extra: () => 1 }, "JSON"],
    [{ access_token: "a\ud800" }, "access_token must be well-formed"],
    [{ access_token: "a", refresh_token: "x".repeat(128 * 1024 + 1) }, "refresh_token"],
    [{ access_token: "a", dpop_key: "é".repeat(64 * 1024 + 1) }, "dpop_key"],
  ])("refuses %j", (value, reason) => {
    expect(judgeTokenSet(value)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });
});
