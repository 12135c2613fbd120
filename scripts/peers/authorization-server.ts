/**
 * A real authorization server on loopback: `oidc-provider` with code and PKCE, device flow, rotating refresh tokens,
 * revocation and introspection. It remembers every credential that it issued, so that a proof can look for them.
 *
 * @module
 */

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Configuration, JWK, Provider } from "oidc-provider";
import { interaction } from "./interactions.ts";
import { page } from "./pages.ts";
import { ProviderRecords } from "./provider-records.ts";

export interface AuthorizationServerOptions {
  /** Lifetime of access tokens in seconds (default 3,600). */
  readonly accessTokenTtl?: number;
  /** False: a refresh token may be used again and again (default true). */
  readonly rotate?: boolean;
  /** How long a spent refresh token still works, in seconds (default 0: its reuse revokes the grant). */
  readonly grace?: number;
  /** What the device authorization response says as `interval`, in seconds (default 1). */
  readonly deviceInterval?: number;
  /** Binds tokens to the keys of those who prove one; `nonce` asks for a nonce in every proof (default: no DPoP). */
  readonly dpop?: boolean | "nonce";
  /** Takes pushed authorization requests; `required` takes no others (default false). */
  readonly par?: boolean | "required";
  /** A public key: adds {@link AuthorizationServer.clients.keyClient}. */
  readonly clientKey?: JWK;
}

export interface Client {
  readonly clientId: string;
  readonly clientSecret: string | null;
}

/** A request that the server got. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly status: number;
}

/** A secret value that the server issued or was shown. */
export interface Credential {
  readonly kind:
    | "access_token"
    | "refresh_token"
    | "id_token"
    | "device_code"
    | "code"
    | "code_verifier"
    | "client_secret";
  readonly value: string;
}

export interface AuthorizationServer {
  /** `http://127.0.0.1:<port>`. */
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly deviceAuthorizationEndpoint: string;
  readonly verificationUri: string;
  readonly revocationEndpoint: string;
  readonly introspectionEndpoint: string;
  readonly pushedAuthorizationRequestEndpoint: string;
  readonly clients: {
    /** Authorization code without a secret; redirects to `http://127.0.0.1:<any port>/callback`. */
    readonly publicClient: Client;
    /** Authorization code with `client_secret_basic`; the same redirect URI, fixed by {@link confidentialRedirectUri}. */
    readonly confidentialClient: Client;
    /** Device flow without a secret. */
    readonly deviceClient: Client;
    /** Authorization code with `private_key_jwt`; the same redirect URI. Known only with a `clientKey`. */
    readonly keyClient: Client;
    /** The protected API: may only introspect. */
    readonly apiClient: Client;
  };
  readonly confidentialRedirectUri: string;
  /** Every request so far, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Every credential so far, oldest first. */
  readonly credentials: readonly Credential[];
  /** Requests at the token endpoint with this `grant_type`. */
  tokenRequests(grantType: string): readonly SeenRequest[];
  /** The lifetime of access tokens from now on, in seconds. */
  setAccessTokenTtl(seconds: number): void;
  close(): Promise<void>;
}

const redirectUri = "http://127.0.0.1/callback";
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

/** Starts the server on 127.0.0.1 at a free port. */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const OidcProvider = await loadProvider();
  const records = new ProviderRecords(options.grace ?? 0);
  let accessTokenTtl = options.accessTokenTtl ?? 3_600;
  const requests: SeenRequest[] = [];
  const credentials: Credential[] = [];

  const publicClient: Client = { clientId: "holdfast-public", clientSecret: null };
  const deviceClient: Client = { clientId: "holdfast-device", clientSecret: null };
  const confidentialClient: Client = { clientId: "holdfast-confidential", clientSecret: secret() };
  const keyClient: Client = { clientId: "holdfast-key", clientSecret: null };
  const apiClient: Client = { clientId: "protected-api", clientSecret: secret() };

  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const configuration: Configuration = {
    adapter: (kind: string) => records.adapter(kind),
    clients: [
      {
        client_id: publicClient.clientId,
        application_type: "native",
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: [redirectUri],
      },
      {
        client_id: confidentialClient.clientId,
        client_secret: String(confidentialClient.clientSecret),
        application_type: "native",
        token_endpoint_auth_method: "client_secret_basic",
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: [redirectUri],
      },
      {
        client_id: deviceClient.clientId,
        application_type: "native",
        token_endpoint_auth_method: "none",
        grant_types: [deviceGrant, "refresh_token"],
        response_types: [],
        redirect_uris: [],
      },
      ...(options.clientKey === undefined
        ? []
        : [
            {
              client_id: keyClient.clientId,
              application_type: "native" as const,
              token_endpoint_auth_method: "private_key_jwt" as const,
              jwks: { keys: [options.clientKey] },
              grant_types: ["authorization_code", "refresh_token"],
              redirect_uris: [redirectUri],
            },
          ]),
      {
        client_id: apiClient.clientId,
        client_secret: String(apiClient.clientSecret),
        token_endpoint_auth_method: "client_secret_basic",
        grant_types: [],
        response_types: [],
        redirect_uris: [],
      },
    ],
    scopes: ["openid", "offline_access", "api:read", "api:write"],
    jwks: { keys: [signingKey()] },
    cookies: { keys: [secret()] },
    clientBasedCORS: () => false,
    clockTolerance: 0,
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => Promise.resolve({ sub: id }) }),
    pkce: { required: () => true },
    issueRefreshToken: (_ctx, client) => Promise.resolve(client.grantTypeAllowed("refresh_token")),
    expiresWithSession: () => Promise.resolve(false),
    rotateRefreshToken: () => options.rotate ?? true,
    interactions: { url: (_ctx, { uid }) => Promise.resolve(`/interaction/${uid}`) },
    renderError: (ctx, out) => {
      ctx.type = "html";
      ctx.body = page("Something went wrong", `<p>${out.error}</p>`);
    },
    ttl: {
      AccessToken: () => accessTokenTtl,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Grant: 86_400,
      IdToken: 3_600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: {
        enabled: options.dpop !== undefined && options.dpop !== false,
        nonceSecret: randomBytes(32),
        requireNonce: () => options.dpop === "nonce",
      },
      pushedAuthorizationRequests: {
        enabled: options.par !== undefined && options.par !== false,
        requirePushedAuthorizationRequests: options.par === "required",
      },
      resourceIndicators: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => Promise.resolve(token.clientId === client.clientId),
      },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client) => Promise.resolve(client.clientId === apiClient.clientId),
      },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, form, _out, error) => {
          const message = error ? "<p>That code is not right. Try again.</p>" : "";
          ctx.body = page(
            "Connect a device",
            `${message}<p>Enter the code that your device shows.</p>${form}
<button type="submit" form="op.deviceInputForm">Continue</button>`,
          );
        },
        userCodeConfirmSource: (ctx, form, client, _device, userCode) => {
          ctx.body = page(
            "Is this your device?",
            `<p>${client.clientId} shows <code>${userCode}</code></p>${form}
<button type="submit" form="op.deviceConfirmForm">Yes</button>
<button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">No</button>`,
          );
        },
        successSource: (ctx) => {
          ctx.body = page("Connected", "<p>You can close this page.</p>");
        },
      },
    },
  };

  const provider: Provider = new OidcProvider(issuer, configuration);
  provider.use(async (ctx, next) => {
    if (!(await interaction(provider, ctx))) await next();
    const route: unknown = ctx.oidc?.route;
    if (route === "device_authorization" && isRecord(ctx.body))
      ctx.body["interval"] = options.deviceInterval ?? 1;
    const form = textMembers(ctx.oidc?.body);
    requests.push({
      method: ctx.method,
      path: ctx.path,
      status: ctx.status,
      ...(Object.keys(form).length > 0 ? { form } : {}),
    });
    const answer = textMembers(ctx.body);
    note(credentials, ["access_token", "refresh_token", "id_token", "device_code"], answer);
    note(credentials, ["code_verifier", "refresh_token"], route === "token" ? form : {});
    const location = ctx.response.get("location");
    if (location !== "" && URL.canParse(location)) {
      note(credentials, ["code"], Object.fromEntries(new URL(location).searchParams));
    }
  });
  note(credentials, ["client_secret"], { client_secret: String(confidentialClient.clientSecret) });
  const handle = provider.callback();
  server.on("request", (request, response) => void handle(request, response));

  return {
    issuer,
    authorizationEndpoint: `${issuer}/auth`,
    tokenEndpoint: `${issuer}/token`,
    deviceAuthorizationEndpoint: `${issuer}/device/auth`,
    verificationUri: `${issuer}/device`,
    revocationEndpoint: `${issuer}/token/revocation`,
    introspectionEndpoint: `${issuer}/token/introspection`,
    pushedAuthorizationRequestEndpoint: `${issuer}/request`,
    clients: { publicClient, confidentialClient, deviceClient, keyClient, apiClient },
    confidentialRedirectUri: redirectUri,
    requests,
    credentials,
    tokenRequests: (grantType) =>
      requests.filter(({ path, form }) => path === "/token" && form?.["grant_type"] === grantType),
    setAccessTokenTtl: (seconds) => {
      accessTokenTtl = seconds;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** On Node 20 the library prints one line about newer releases when it is loaded; everything used here works. */
async function loadProvider(): Promise<typeof Provider> {
  const warn = console.warn;
  console.warn = (...words: unknown[]) => {
    if (!String(words[0]).includes("Unsupported runtime")) warn(...words);
  };
  try {
    return (await import("oidc-provider")).Provider;
  } finally {
    console.warn = warn;
  }
}

function secret(): string {
  return randomBytes(32).toString("base64url");
}

function signingKey(): JWK {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function textMembers(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {};
  const texts = Object.entries(value).filter(
    (member): member is [string, string] => typeof member[1] === "string",
  );
  return Object.fromEntries(texts);
}

function note(
  credentials: Credential[],
  kinds: readonly Credential["kind"][],
  members: Readonly<Record<string, string>>,
): void {
  for (const kind of kinds) {
    const value = members[kind];
    if (value === undefined || credentials.some((known) => known.value === value)) continue;
    credentials.push({ kind, value });
  }
}
