/**
 * Redirects from a grammar, judged by us and by oauth4webapi.
 */

import fc from "fast-check";
import * as oauth from "oauth4webapi";
import { expect, test } from "vitest";
import { judgeAuthorizationResponse } from "../../stdlib/oauth/authorization-response.ts";
import { deepTimeout, holdsFor } from "./deep-property.test.support.ts";

const state = "s".repeat(43);
const issuer = "https://as.example.com";
const redirect_uri = "https://app.example.com/callback";

const name = fc.constantFrom(
  "state",
  "code",
  "iss",
  "error",
  "error_description",
  "access_token",
  "id_token",
  "scope",
  "State",
  "code[]",
  "__proto__",
);
const value = fc.oneof(
  fc.constantFrom(
    state,
    state,
    `${state}x`,
    state.toUpperCase(),
    issuer,
    `${issuer}/`,
    "https://evil.example",
    "HTTPS://AS.EXAMPLE.COM",
    "code-1",
    "",
    "access_denied",
    "a\u0000b",
    "%",
    "+",
    "é",
  ),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const written = fc.constantFrom<(text: string) => string>(
  encodeURIComponent,
  (text) => text.replace(/[^!-~]/gu, encodeURIComponent),
  (text) => encodeURIComponent(text).replace(/%/g, "%25"),
  (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
);
const parameter = fc.tuple(name, value, written).map(([key, text, write]) => `${key}=${write(text)}`);
const good = [`state=${state}`, "code=code-1", `iss=${encodeURIComponent(issuer)}`];
const query = fc
  .tuple(
    fc.oneof({ weight: 2, arbitrary: fc.constant(good) }, fc.subarray(good, { minLength: 1 })),
    fc.array(parameter, { maxLength: 2 }),
    fc.oneof({ weight: 8, arbitrary: fc.constant("&") }, fc.constantFrom("&&", ";")),
    fc.boolean(),
  )
  .map(([usual, more, separator, first]) =>
    (first ? [...usual, ...more] : [...more, ...usual]).join(separator),
  );
const callback = fc.record({
  base: fc.oneof(
    { weight: 4, arbitrary: fc.constant(redirect_uri) },
    fc.constantFrom(
      redirect_uri,
      redirect_uri,
      redirect_uri,
      `${redirect_uri}/`,
      "https://evil.example/callback",
      "http://app.example.com/callback",
      "https://app.example.com:8443/callback",
      "https://u@app.example.com/callback",
      "",
    ),
  ),
  query,
  fragment: fc.constantFrom("", "", "#access_token=token-1", "#state=x", "#"),
  issRequired: fc.boolean(),
});

test(
  "what we take, oauth4webapi takes too, with the same code; what it takes and we refuse has a reason that it does not look at",
  async () => {
    await holdsFor(
      "authorization-response",
      callback,
      ({ base, query: text, fragment, issRequired }) => {
        const url = `${base}?${text}${fragment}`;
        const ours = judgeAuthorizationResponse(url, { state, redirect_uri, issuer, issRequired });
        const theirs = byOther(url, issRequired);
        if (ours.kind === "code") expect([theirs, url]).toEqual([{ code: ours.code }, url]);
        // An empty error is none to the other library.
        if (ours.kind === "error" && ours.error !== "") expect(theirs).toEqual({ error: ours.error });
        // An empty iss is none to the other library, and a foreign one to us.
        if (ours.kind === "refused" && ours.reason !== "iss" && theirs !== null && "code" in theirs)
          expect(["redirect_uri", "token", "repeated", "code", "not_a_url"]).toContain(ours.reason);
        return ours.kind !== "refused";
      },
      2_000,
    );
  },
  deepTimeout,
);

/** The code or the error that the other library reads; null when it refuses. */
function byOther(
  url: string,
  issRequired: boolean,
): { readonly code: string } | { readonly error: string } | null {
  const server = { issuer, authorization_response_iss_parameter_supported: issRequired };
  if (!URL.canParse(url, redirect_uri)) return null;
  try {
    const parameters = oauth.validateAuthResponse(
      server,
      { client_id: "client-1" },
      new URL(url, redirect_uri),
      state,
    );
    return { code: parameters.get("code") ?? "" };
  } catch (error) {
    return error instanceof oauth.AuthorizationResponseError ? { error: error.error } : null;
  }
}
