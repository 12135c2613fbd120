/**
 * A process in which every kind of debug output is switched on prints no secret while it logs in, refreshes, calls and revokes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { leakIn } from "../secrets.ts";
import { childHead, ended, startModule } from "./child.ts";
import { loopbackProvider } from "./loopback-provider.ts";
import type { Probe } from "./probe.ts";

const secret = ["client", "secret", "of", "this", "row"].join("-");
const code = ["code", "of", "this", "row", "12345678"].join("-");

const child = `${childHead}
const [origin, client_secret, code, method] = process.argv.slice(2);
const { client, storage, close } = createOAuth();
const record = {
  id: "acme", auth_url: origin + "/authorize", token_url: origin + "/token", revoke_url: origin + "/revoke",
  resource_origins: [origin],
};
const options = {
  client_id: "c1", client_secret, token_auth_method: method, redirect_uri: "http://127.0.0.1/callback",
  storage: storage.file("tokens.bin", "a key of enough characters"),
};
const cli = client.client(record, options);
const begun = await cli.start_authorization();
await cli.exchange_code(begun, code, begun.state);
await cli.refresh();
await cli.request("GET", origin + "/me");
console.log(JSON.stringify(cli), String(cli), JSON.stringify(await cli.revoke()));
await close();
`;

const environments: readonly Readonly<Record<string, string>>[] = [
  { NODE_DEBUG: "*", DEBUG: "*" },
  {
    NODE_DEBUG: "http,https,net,tls,stream,undici,fetch,fs,crypto,timer",
    NODE_DEBUG_NATIVE: "HTTP_PARSER,TLS,CRYPTO,HTTP2SESSION,HTTP2STREAM",
    NODE_OPTIONS: "--trace-warnings --trace-uncaught",
  },
];

export const probe: Probe = async ({ folder }) => {
  const provider = await loopbackProvider();
  try {
    for (const [index, environment] of environments.entries()) {
      const method = index === 0 ? "client_secret_post" : "client_secret_basic";
      const args = [provider.origin, secret, code, method];
      const {
        code: status,
        stdout,
        stderr,
      } = await ended(await startModule(folder, child, args, environment));
      assert.equal(status, 0, stderr.slice(-500));
      // There was something to search.
      assert.ok(stderr.length > 1_000, "nothing was printed");
      const output = stdout + stderr;
      const found = leakIn(output.replaceAll(JSON.stringify(args), ""), [secret, code, ...provider.tokens]);
      assert.equal(found, null, `a secret stands in the output: ${found ?? ""}`);
    }
    assert.deepEqual([...new Set(provider.paths)].sort(), ["/me", "/revoke", "/token"]);
  } finally {
    await provider.close();
  }
};
