/** What comes after a login, and what needs none, made by both clients from one configuration. */

import { generateKeyPairSync } from "node:crypto";
import { type Bench, full, json, secret, stored, taken, tokens } from "./oracle-pairs.test.support.ts";
import { theirs } from "./oracle-two-clients.test.support.ts";

/** Refresh, revocation, introspection, UserInfo, client credentials. */
export async function tokenUses({ recorder, both }: Bench): Promise<void> {
  recorder.answer(json(200, tokens));
  await both(
    ["refresh"],
    { ...full, scopes: ["api:read"] },
    async ({ cli, storage }) => {
      await stored(storage, recorder);
      await cli.refresh();
    },
    async ({ config, parameters }) => {
      await theirs.refreshTokenGrant(config, tokens.refresh_token, {
        resource: String(parameters["resource"]),
      });
    },
  );

  recorder.answer((_request, response) => void response.writeHead(200).end());
  await both(
    ["revocation of the refresh token", "revocation of the access token"],
    { auth: "client_secret_post", secret },
    async ({ cli, storage }) => {
      await stored(storage, recorder);
      await cli.revoke();
    },
    async ({ config }) => {
      await theirs.tokenRevocation(config, tokens.refresh_token);
      await theirs.tokenRevocation(config, tokens.access_token);
    },
  );

  recorder.answer(json(200, { active: true }));
  await both(
    ["introspection"],
    { auth: "client_secret_basic", secret },
    async ({ cli, storage }) => {
      await stored(storage, recorder);
      await cli.introspect();
    },
    async ({ config }) => {
      await theirs.tokenIntrospection(config, tokens.access_token);
    },
  );

  recorder.answer(json(200, { sub: "ada" }));
  await both(
    ["userinfo"],
    { auth: "none" },
    async ({ cli, storage }) => {
      await stored(storage, recorder);
      await cli.userinfo();
    },
    async ({ config }) => {
      await theirs.fetchUserInfo(config, tokens.access_token, "ada");
    },
  );

  recorder.answer(json(200, { ...tokens, refresh_token: undefined }));
  await both(
    ["client credentials"],
    { ...full, scopes: ["api:read", "api:write"] },
    async ({ cli }) => {
      await cli.client_credentials();
    },
    async ({ config, parameters }) => {
      await theirs.clientCredentialsGrant(config, parameters);
    },
  );

  recorder.answer(json(200, { sub: "ada" }));
  await both(
    ["userinfo with DPoP"],
    { auth: "none", dpop: true },
    async ({ cli, storage }) => {
      const dpop_key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
        format: "jwk",
      }).d;
      await stored(storage, recorder, { token_type: "DPoP", dpop_key });
      await cli.userinfo();
    },
    async ({ config, options }) => {
      await theirs.fetchUserInfo(config, tokens.access_token, "ada", options);
    },
  );
}

/** Discovery, where only the second place has a document. */
export async function discovery({ oauth, recorder, pairs }: Bench): Promise<void> {
  recorder.answer((request, response) =>
    request.path === "/.well-known/openid-configuration"
      ? json(200, {
          issuer: recorder.issuer,
          authorization_endpoint: `${recorder.issuer}/authorize`,
          token_endpoint: `${recorder.issuer}/token`,
        })(request, response)
      : json(404, {})(request, response),
  );
  const mine = await taken(
    recorder,
    oauth.providers.discover(recorder.issuer).then(() => undefined),
  );
  const others = await taken(
    recorder,
    theirs
      .discovery(new URL(recorder.issuer), "app", undefined, theirs.None(), {
        execute: [theirs.allowInsecureRequests],
      })
      .then(() => undefined),
  );
  pairs.push({ name: "discovery", ours: mine[0], theirs: others[0] });
  pairs.push({ name: "discovery after 404", ours: mine[1], theirs: others[1] });
}
