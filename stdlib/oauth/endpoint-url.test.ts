import { expect, test } from "vitest";
import { endpointUrl } from "./endpoint-url.ts";

test.each([
  "https://id.example.com/token",
  "HTTPS://id.example.com/a?b=c",
  "http://127.0.0.1:8080/token",
  "http://127.9.8.7/",
  "http://localhost/token",
  "http://app.localhost:3000/callback",
  "http://[::1]:9/token",
  "https://xn--bcher-kva.example/t\u00f6ken?a=%20",
])("accepts %s", (text) => {
  expect(endpointUrl("providers", "token_url", text).href).toBe(new URL(text).href);
});

test.each([
  [undefined, "must be a non-empty string"],
  ["", "must be a non-empty string"],
  [7, "must be a non-empty string"],
  ["/token", "must be an absolute https URL"],
  ["https:id.example.com", "must be an absolute https URL"],
  ["ftp://id.example.com", "must be an absolute https URL"],
  ["javascript:alert(1)", "must be an absolute https URL"],
  ["http://id.example.com/token", "must use https"],
  ["http://localhost.example.com/", "must use https"],
  ["http://notlocalhost/", "must use https"],
  ["http://127.0.0.1.example.com/", "must use https"],
  ["https://user:pw@id.example.com/", "user information"],
  ["https://@id.example.com/", "user information"],
  ["https://id.example.com/#", "fragment"],
  ["https://id.example.com/#x", "fragment"],
  ["https://id.exa\tmple.com/", "spaces, control characters or backslashes"],
  ["https://id.example.com\\@evil.example", "spaces, control characters or backslashes"],
  ["https://\uff11\uff12\uff17.0.0.1/", "a host in plain ASCII"],
  ["https://id.exa\u00admple.com/", "a host in plain ASCII"],
  ["https://\u0456d.example.com/", "a host in plain ASCII"],
  ["https://id\u3002example.com/", "a host in plain ASCII"],
  ["https://id%2eexample.com/", "a host in plain ASCII"],
  [" https://id.example.com", "spaces, control characters or backslashes"],
  ["https://", "must be an absolute https URL"],
  ["https:///id.example.com/", "must be an absolute https URL"],
  ["https://id.example.com:99999/", "is not a valid URL"],
  [`https://id.example.com/${"a".repeat(5000)}`, "must not be longer"],
])("refuses %s", (text, rule) => {
  expect(() => endpointUrl("providers", "token_url", text)).toThrow(
    expect.objectContaining({
      code: "HARN-OAU-011",
      message: expect.stringMatching(new RegExp(`^std/oauth/providers: token_url .*${rule}`)),
    }),
  );
});
