/**
 * The token file of a DPoP login (J61): neither the tokens nor the key that they are bound to can be found in it, in any
 * encoding that somebody would look for.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import { leakIn } from "../secrets.ts";
import type { Probe } from "./probe.ts";

export const probe: Probe = async ({ folder }) => {
  const server = createServer((request, response) => {
    request.resume();
    request.once("end", () => {
      response.setHeader("content-type", "application/json");
      const set = { access_token: "access-on-disk", refresh_token: "refresh-on-disk", token_type: "DPoP" };
      response.end(JSON.stringify(set));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { client, close, storage } = createOAuth();
  try {
    const cli = client.client(
      { id: "acme", auth_url: `${origin}/authorize`, token_url: `${origin}/token` },
      {
        client_id: "client-1",
        storage: storage.file(join(folder, "tokens.bin"), "a key of enough characters"),
        redirect_uri: `${origin}/callback`,
        dpop: true,
      },
    );
    const pkce = await cli.start_authorization();
    const { access_token, refresh_token, dpop_key } = await cli.exchange_code(pkce, "code-1", pkce.state);
    const secrets = [access_token, refresh_token, dpop_key].filter((one) => one !== undefined);
    assert.equal(secrets.length, 3);
    const names = await readdir(folder);
    assert.ok(names.includes("tokens.bin"), names.join());
    for (const name of names)
      assert.equal(leakIn(await readFile(join(folder, name), "latin1"), secrets), null, name);
  } finally {
    await close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
};
