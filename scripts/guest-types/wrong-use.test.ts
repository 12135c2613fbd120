import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, type Runtime } from "../../runtime/index.ts";
import { oauth } from "../../stdlib/oauth/index.ts";
import { problems } from "./compile.test.support.ts";

const prelude = `
import { now, sleep } from "std/time";
import { http_get, http_post } from "std/http";
import { subscribe } from "std/events";
import { http_mock, http_mock_calls } from "std/testing";
import { client, request, token, token_exchange } from "std/oauth/client";
import { device_flow } from "std/oauth/device_flow";
import { dynamic_registration_store, well_known_paths } from "std/oauth/dynamic_registration";
import { custom, discover, discover_resource, github, provider_catalog } from "std/oauth/providers";
import { custom as own, file, memory, secrets } from "std/oauth/storage";
const storage = memory();
const urls = { auth_url: "https://login.example.com/authorize", token_url: "https://login.example.com/token" };
const exchanging = custom({ ...urls, token_exchange: { subject_token_types: ["jwt"] } });
const cli = client(exchanging, { client_id: "c", storage });
`;

/** A mistake, and what the compiler and the error at run time must both name. Without a code it is one only to the compiler. */
type Mistake = readonly [expression: string, code: string | null, ...names: readonly string[]];

const mistakes: readonly Mistake[] = [
  ['client(github(), { client_id: "c" })', "HARN-OAU-011", "storage"],
  ['client(github(), { client_id: "c", storage: "memory" })', "HARN-OAU-011", "storage"],
  ["client(github(), { storage })", "HARN-OAU-011", "client_id"],
  ['client(github(), { client_id: "c", storage, scope: ["repo"] })', "HARN-OAU-011", "scope", "scopes"],
  [
    'client(github(), { client_id: "c", storage, redirect_url: "https://x.example/" })',
    "HARN-OAU-011",
    "redirect_url",
    "redirect_uri",
  ],
  ['client(github(), { client_id: "c", storage, scopes: "repo" })', "HARN-OAU-011", "scopes"],
  ['client(github(), { client_id: "c", storage, par: "always" })', "HARN-OAU-011", "par"],
  ['client(github(), { client_id: "c", storage, dpop: "yes" })', "HARN-OAU-011", "dpop"],
  ['client(github(), { client_id: "c", storage, timeout: "5" })', "HARN-OAU-011", "timeout"],
  ['client(github(), { client_id: "c", storage, refresh_leeway: "5" })', "HARN-OAU-011", "refresh_leeway"],
  ['client(github(), { client_id: "c", storage, resource: 5 })', "HARN-OAU-011", "resource"],
  [
    'client(github(), { client_id: "c", storage, resource_origins: "https://x.example" })',
    "HARN-OAU-011",
    "resource_origins",
  ],
  [
    'client(github(), { client_id: "c", storage, token_auth_method: "basic" })',
    "HARN-OAU-011",
    "token_auth_method",
  ],
  [
    'client(github(), { client_id: "c", storage, extra_auth_params: "x=1" })',
    "HARN-OAU-011",
    "extra_auth_params",
  ],
  ['client("github", { client_id: "c", storage })', "HARN-OAU-011", "provider"],
  [
    'client({ auth_url: "https://login.example.com/" }, { client_id: "c", storage })',
    "HARN-OAU-011",
    "token_url",
  ],
  ['device_flow(github(), { client_id: "c" })', "HARN-OAU-011", "storage"],
  [
    'device_flow(github(), { client_id: "c", storage, on_usercode: () => {} })',
    "HARN-OAU-011",
    "on_usercode",
    "on_user_code",
  ],
  [
    'device_flow(github(), { client_id: "c", storage, redirect_uri: "https://x.example/" })',
    "HARN-OAU-011",
    "redirect_uri",
  ],
  [
    'device_flow(github(), { client_id: "c", storage, on_user_code: "show" })',
    "HARN-OAU-011",
    "on_user_code",
  ],
  ['request(cli, "GET", "https://login.example.com/", { header: {} })', "HARN-OAU-011", "header", "headers"],
  [
    'cli.request("GET", "https://login.example.com/", { max_byte: 1 })',
    "HARN-OAU-011",
    "max_byte",
    "max_bytes",
  ],
  ['request(cli, "GET", "https://login.example.com/", { retry_after: 5 })', "HARN-OAU-011", "retry_after"],
  [
    'request(cli, "GET", "https://login.example.com/", { headers: "accept: */*" })',
    "HARN-OAU-011",
    "headers",
  ],
  [
    'token_exchange(cli, { subject_token: "t", subject_token_typ: "jwt" })',
    "HARN-OAU-011",
    "subject_token_typ",
    "subject_token_type",
  ],
  ['token_exchange(cli, { subject_token: "t" })', "HARN-OAU-011", "subject_token_type"],
  ['cli.token_exchange({ subject_token_type: "jwt" })', "HARN-OAU-011", "subject_token"],
  [
    'token_exchange(cli, { subject_token: "t", subject_token_type: "jwt", store: "yes", storage_key: "k" })',
    "HARN-OAU-011",
    "store",
  ],
  ['discover("https://login.example.com", { timeut: 5 })', "HARN-OAU-011", "timeut", "timeout"],
  ['discover("https://login.example.com", { timeout: "5" })', "HARN-OAU-011", "timeout"],
  ['discover_resource("https://api.example.com", { isuer: "x" })', "HARN-OAU-011", "isuer", "issuer"],
  ["custom({ auth_url: urls.auth_url })", "HARN-OAU-011", "token_url"],
  [
    'custom({ ...urls, device_code_ur: "https://x.example/" })',
    "HARN-OAU-011",
    "device_code_ur",
    "device_code_url",
  ],
  ['custom({ ...urls, default_scopes: "repo" })', "HARN-OAU-011", "default_scopes"],
  ['custom({ ...urls, response: { formt: "json" } })', "HARN-OAU-011", "format"],
  ['github({ default_scopes: "repo" })', "HARN-OAU-011", "default_scopes"],
  ["provider_catalog({ githb: {} })", "HARN-OAU-011", "github"],
  ["own({ get: () => null, set: () => {} })", "HARN-OAU-011", "delete"],
  [
    "own({ get: () => null, set() {}, delete() {}, with_refresh_loc() {} })",
    "HARN-OAU-011",
    "with_refresh_loc",
    "with_refresh_lock",
  ],
  ['secrets({ provider: "p", token_nam: "t" })', "HARN-OAU-011", "token_nam", "token_name"],
  ["secrets({})", "HARN-OAU-011", "provider"],
  ['file("./tokens.bin", { pasphrase: "words" })', "HARN-OAU-011", "pasphrase", "passphrase"],
  ['file("./tokens.bin", null)', "HARN-OAU-011", "key"],
  ["dynamic_registration_store({ storag: storage })", "HARN-OAU-011", "storag", "storage"],
  ["dynamic_registration_store({ storage: 5 })", "HARN-OAU-011", "storage"],
  ['well_known_paths({ registraton: "/x" })', "HARN-OAU-011", "registraton", "registration"],
  ["well_known_paths(null, { json_name: true })", "HARN-OAU-011", "json_name", "json_names"],
  ['http_get("https://x.example/", { header: {} })', "HARN-RUN-015", "header", "headers"],
  ['http_get("https://x.example/", { as: "json" })', "HARN-RUN-015", "as"],
  ['http_post("https://x.example/", "", { body: "x" })', "HARN-RUN-015", "body"],
  ['subscribe({ topc: "a" })', "HARN-RUN-015", "topc", "topic"],
  ["http_mock_calls({ sensitive: true })", "HARN-RUN-015", "sensitive", "include_sensitive"],
  ['sleep("5")', "HARN-RUN-015"],
  // What nobody awaited is a promise, and what was not given is missing.
  ["token(cli).length", null, "length"],
  ["cli.current_token().scopes", null, "scopes"],
  ["(await cli.current_token()).scopes", null, "null"],
  ["(await discover('https://login.example.com')).auth_ur", null, "auth_ur"],
  ["discover('https://login.example.com').auth_url", null, "auth_url"],
  ["token()", "HARN-OAU-011"],
  ["now().then", null, "then"],
  ["http_mock('GET', '*', { stats: 200 })", null, "stats"],
  // Neither Node nor a browser.
  ...[
    "fetch('x')",
    "process.env",
    "Buffer.from('x')",
    "require('fs')",
    "window",
    "document",
    "performance.now()",
    "global",
  ].map((expression): Mistake => [expression, null, expression.replace(/\W.*/, "")]),
  ["new Worker('x')", null, "Worker"],
  ["new AbortController()", null, "Controller"],
  ["crypto.subtle", null, "subtle"],
  ["await import('node:fs')", null, "fs"],
];

/** True when the text has the name as a word of its own; `FileKeyOption` has three. */
function names(text: string, name: string): boolean {
  return text.split(/\W+|(?<=[a-z])(?=[A-Z])/).some((word) => word.toLowerCase() === name.toLowerCase());
}

test("the prelude of these cases has no mistake", () => {
  const known =
    "void [now, sleep, http_get, http_post, subscribe, http_mock, http_mock_calls, request, token, token_exchange];";
  expect(problems(new Map([["a.ts", prelude + known]]))).toEqual([]);
});

describe("is a compile error that names it", () => {
  let found: readonly string[];
  const file = (index: number): string => `mistake-${index}.ts`;

  beforeAll(() => {
    found = problems(
      new Map(
        mistakes.map(([expression], index) => [file(index), `${prelude}export const wrong = ${expression};`]),
      ),
    );
  });

  test.each(mistakes.map(([expression, , ...wanted], index) => [expression, index, wanted] as const))(
    "%s",
    (_, index, wanted) => {
      const said = found.filter((line) => line.startsWith(`${file(index)}(`)).join("\n");
      expect(said).not.toBe("");
      expect({ said, unnamed: wanted.filter((name) => !names(said, name)) }).toEqual({ said, unnamed: [] });
    },
  );
});

describe("is refused at run time, naming it and the nearest valid one", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ plugins: [oauth()] });
  });
  afterAll(() => runtime.close());

  test.each(mistakes.filter(([, code]) => code !== null))("%s", async (expression, code, ...rest) => {
    const wanted = rest as readonly string[];
    const { result } = await runtime.run({
      filename: "script.js",
      source: `${prelude}
        export default async () => {
          try {
            await (${expression});
            return "accepted";
          } catch (error) {
            return { code: error.code, said: error.message };
          }
        }`,
      grants: { net: ["login.example.com"], storage: ["./tokens.bin"], testing: true },
    });
    expect(result).toEqual({ code, said: expect.any(String) });
    const { said } = result as { said: string };
    const sentence = said.replace(/^\S+: /, "");
    expect({ said, unnamed: wanted.filter((name) => !names(sentence, name)) }).toEqual({ said, unnamed: [] });
  });
});
