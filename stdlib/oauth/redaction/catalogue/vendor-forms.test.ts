/**
 * Tokens put together from what vendors say of their form, not from the catalogue's data.
 */

import { expect, test } from "vitest";
import { createRedactor } from "../engine.ts";

const hex = (length: number): string => "09afc4b7d2e1".repeat(8).slice(0, length);
const mixed = (length: number): string => "aB3dEf9hIj".repeat(9).slice(0, length);
const capitals = (length: number): string => "N7HX5K2YWMP9".repeat(3).slice(0, length);
const uuid = [hex(8), hex(4), hex(4), hex(4), hex(12)].join("-");
const sendgrid = `${["S", "G."].join("")}${mixed(22)}.${mixed(43)}`;
const channel = (at: string): string =>
  `x.webhook.office.com/webhookb2/${uuid}${at}${uuid}/IncomingWebhook/${hex(32)}/${uuid}`;
const header = (text: string): string => Buffer.from(text).toString("base64url");

test.each([
  ["photoroom_key", ["sk_", "pr_name_", hex(40)]],
  ["iex_key", ["sk", "_", hex(32)]],
  ["elevenlabs_key", ["sk", "_", hex(48)]],
  ["tickettailor_key", ["sk", "_1234_123456_", hex(32)]],
  ["recharge_token", ["sk", "_1x1_", hex(64)]],
  ["recharge_token", ["sk", "_test_3x2_", hex(64)]],
  ["mollie_key", ["live", "_", mixed(27)]],
  ["mollie_key", ["test", "_", mixed(30)]],
  ["courier_key", ["pk", "_prod_", capitals(28)]],
  ["convertapi_secret", ["secret", "_", mixed(16)]],
  ["notion_token", ["secret", "_", mixed(43)]],
  ["launchdarkly_key", ["sdk", "-", uuid]],
  ["pubnub_key", ["sub-", "c-", uuid]],
  ["bitbucket_token", ["AT", "BB", mixed(24)]],
  ["atlassian_token", ["ATCTT3", "xFfG", mixed(12), "=1A2B3C4D"]],
  ["azure_connection_string", [".azconfig.io;", "Id=", mixed(5), ";Secret=", mixed(44)]],
  ["jwt", [header('{"typ":"JWT",\r\n"alg":"HS256"}'), ".", header('{"sub":"1234567890"}')]],
])("%s: %j", (name, parts) => {
  const token = parts.join("");
  expect(createRedactor().redact(`a ${token} b`)).toBe(`a <redacted:${name}:${token.length}> b`);
});

test.each(["@", "%40", "%2540"])("a channel with %s in its address", (at) => {
  expect(createRedactor().redact(`https://${channel(at)}`)).toMatch(
    /^https:\/\/x?<redacted:teams_webhook:\d+>$/,
  );
});

test.each([sendgrid.length, 58])("%d characters of a SendGrid key are found inside a word", (length) => {
  expect(createRedactor().redact(`word${sendgrid.slice(0, length)} x`)).toBe(
    `word<redacted:sendgrid_key:${length}> x`,
  );
});

test.each([
  "test_aLongNameOfACaseInCamelCase",
  "secret_manager_client_of_a_project",
  "sk_pr_name_of_a_column",
  "api-gateway-with-many-words-and-dashes",
  "//host.example/:_authToken=${TOKEN}",
])("%s is a name", (text) => {
  expect(createRedactor().redact(text)).toBe(text);
});
