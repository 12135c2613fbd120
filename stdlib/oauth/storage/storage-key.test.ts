import { describe, expect, test } from "vitest";
import { storageKey } from "./storage-key.ts";

describe("storageKey", () => {
  test.each(["a", " ", "\u0000", "__proto__", "k".repeat(512), "\u{1f511}".repeat(128), "e\u0301"])(
    "takes %j as it is",
    (key) => {
      expect(storageKey(key)).toBe(key);
    },
  );

  test.each([
    ["", "non-empty"],
    [undefined, "non-empty"],
    [7, "non-empty"],
    [{ toString: () => "key" }, "non-empty"],
    ["k".repeat(513), "512 bytes"],
    ["\u00fc".repeat(257), "512 bytes"],
    ["\ud800", "well-formed"],
    ["a\udc00b", "well-formed"],
    ["\udc00\ud800", "well-formed"],
  ])("refuses %j", (key, message) => {
    expect(() => storageKey(key)).toThrow(
      expect.objectContaining({ code: "HARN-OAU-011", message: expect.stringContaining(message) }),
    );
  });
});
