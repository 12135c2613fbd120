/** Logins, made by both clients from one configuration. */

import { generateKeyPairSync } from "node:crypto";
import { exportJWK, SignJWT } from "jose";
import {
  type Bench,
  callback,
  full,
  json,
  key,
  proof,
  scopes,
  theirAttempt,
  theirRequest,
  tokens,
} from "./oracle-pairs.test.support.ts";
import { theirs } from "./oracle-two-clients.test.support.ts";

const issuerKey = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** The code grant, by each way to authenticate a client, and with a resource and an audience. */
export async function codeGrants({ recorder, both }: Bench): Promise<void> {
  for (const auth of ["none", "client_secret_post", "client_secret_basic", "private_key_jwt"] as const) {
    recorder.answer(json(200, tokens));
    const setup = { auth, ...proof(auth) };
    await both(
      [`authorization request (${auth})`, `code grant (${auth})`],
      { ...setup, scopes: ["api:read", "api:write"] },
      async ({ cli }) => {
        const attempt = await cli.start_authorization();
        await cli.exchange_callback(attempt, callback(recorder, attempt.state));
        return attempt.url;
      },
      async ({ config, parameters }) => {
        const { url, grant } = await theirAttempt(config, parameters);
        await grant(recorder);
        return url;
      },
    );
  }

  recorder.answer(json(200, tokens));
  await both(
    ["authorization request with everything", "code grant with everything"],
    full,
    async ({ cli }) => {
      const attempt = await cli.start_authorization();
      await cli.exchange_callback(attempt, callback(recorder, attempt.state));
      return attempt.url;
    },
    async ({ config, parameters }) => {
      const { url, grant } = await theirAttempt(config, { ...parameters, nonce: theirs.randomNonce() });
      await grant(recorder, { resource: String(parameters["resource"]) });
      return url;
    },
  );
}

/** The device flow. */
export async function deviceFlow({ oauth, recorder, both }: Bench): Promise<void> {
  recorder.answer((request, response) =>
    request.path === "/device"
      ? json(200, {
          device_code: "the-device-code",
          user_code: "ABCD-EFGH",
          verification_uri: "https://id.example/device",
          expires_in: 60,
          interval: 1,
        })(request, response)
      : json(200, tokens)(request, response),
  );
  await both(
    ["device authorization", "device poll"],
    { ...full, scopes: ["api:read", "api:write"] },
    async ({ options, provider }) => {
      await oauth.device_flow.device_flow(provider, { ...options, on_user_code: () => {} } as never);
    },
    async ({ config, parameters }) => {
      const started = await theirs.initiateDeviceAuthorization(config, parameters);
      await theirs.pollDeviceAuthorizationGrant(config, started, {
        resource: String(parameters["resource"]),
      });
    },
  );
}

/** Pushed requests, and tokens that are bound to a key. */
export async function pushedAndBound({ recorder, both }: Bench): Promise<void> {
  recorder.answer(json(201, { request_uri: "urn:example:request", expires_in: 60 }));
  await both(
    ["redirect after a push", "push"],
    { auth: "private_key_jwt", key, scopes, resource: "https://api.example/", par: true },
    async ({ cli }) => (await cli.start_authorization()).url,
    async ({ config, parameters }) => {
      const { request } = await theirRequest({ ...parameters, nonce: theirs.randomNonce() });
      return (await theirs.buildAuthorizationUrlWithPAR(config, request)).href;
    },
  );

  let calls = 0;
  recorder.answer((request, response) => {
    calls += 1;
    if (request.path === "/par")
      return json(201, { request_uri: "urn:example:request", expires_in: 60 })(request, response);
    response.setHeader("dpop-nonce", "nonce-of-the-server");
    if (calls % 2 === 0) return json(400, { error: "use_dpop_nonce" })(request, response);
    json(200, { ...tokens, token_type: "DPoP" })(request, response);
  });
  await both(
    [
      "redirect after a push with DPoP",
      "push with DPoP",
      "code grant with DPoP",
      "code grant with the nonce",
    ],
    { auth: "none", dpop: true, scopes: ["api:read"], par: true },
    async ({ cli }) => {
      calls = 0;
      const attempt = await cli.start_authorization();
      await cli.exchange_callback(attempt, callback(recorder, attempt.state));
      return attempt.url;
    },
    async ({ config, parameters, options }) => {
      calls = 0;
      const { request, verifier, state } = await theirRequest(parameters);
      const url = await theirs.buildAuthorizationUrlWithPAR(config, request, options);
      const expected = { pkceCodeVerifier: verifier, expectedState: state };
      await theirs.authorizationCodeGrant(config, new URL(callback(recorder, state)), expected, {}, options);
      return url.href;
    },
  );
}

/** OpenID Connect, with the issuer's keys. */
export async function openidConnect({ recorder, both }: Bench): Promise<void> {
  const shown = { ...(await exportJWK(issuerKey.publicKey)), alg: "RS256", use: "sig", kid: "k" };
  let nonce = "";
  recorder.answer((request, response) => {
    if (request.path === "/jwks") return json(200, { keys: [shown] })(request, response);
    void new SignJWT({ nonce })
      .setProtectedHeader({ alg: "RS256", kid: "k" })
      .setIssuer(recorder.issuer)
      .setAudience("app")
      .setSubject("ada")
      .setIssuedAt()
      .setExpirationTime("5m")
      .sign(issuerKey.privateKey)
      .then((id_token) => json(200, { ...tokens, id_token })(request, response));
  });
  await both(
    ["authorization request with openid", "code grant with openid", "keys of the issuer"],
    { auth: "none", scopes },
    async ({ cli }) => {
      const attempt = await cli.start_authorization();
      nonce = attempt.nonce ?? "";
      await cli.exchange_callback(attempt, callback(recorder, attempt.state));
      await cli.id_token_claims();
      return attempt.url;
    },
    async ({ config, parameters }) => {
      nonce = theirs.randomNonce();
      theirs.enableNonRepudiationChecks(config);
      const { url, grant } = await theirAttempt(config, { ...parameters, nonce });
      await grant(recorder, {}, nonce);
      return url;
    },
  );
}
