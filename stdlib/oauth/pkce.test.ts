import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { codeChallenge, codeVerifier, newState } from "./pkce.ts";

test("the example of RFC 7636 appendix B", () => {
  expect(codeChallenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")).toBe(
    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  );
});

test("verifier and state have their lengths and alphabet, and hold all random bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
      const random = { bytes: (length: number) => bytes.slice(0, length) };
      const verifier = codeVerifier(random);
      expect(verifier).toMatch(/^[A-Za-z0-9_-]{86}$/);
      expect(Buffer.from(verifier, "base64url")).toEqual(Buffer.from(bytes));
      expect(newState(random)).toMatch(/^[A-Za-z0-9_-]{22}$/);
      expect(codeChallenge(verifier)).toBe(createHash("sha256").update(verifier).digest("base64url"));
    }),
  );
});
