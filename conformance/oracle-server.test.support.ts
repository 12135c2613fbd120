/**
 * `oidc-provider` with every feature on that our client has a counterpart for, and what it saw. Beside it the person, whom
 * pipelines reach over HTTP.
 */

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ClientMetadata, Configuration, JWK, Provider } from "oidc-provider";
import { interaction } from "../scripts/peers/interactions.ts";
import { page } from "../scripts/peers/pages.ts";
import { ProviderRecords } from "../scripts/peers/provider-records.ts";
import { type UserAgent, userAgent } from "../scripts/peers/user-agent.ts";
import { serve } from "./peers.test.support.ts";

export interface OracleOptions {
  /** Takes no authorization request that was not pushed (default false). */
  readonly parRequired?: boolean;
  /** Asks for a nonce in every DPoP proof (default false). */
  readonly nonces?: boolean;
  /** The FAPI 2.0 security profile, as far as the server knows it (default false). */
  readonly fapi?: boolean;
}

/** A request that the server got, and what it said. */
export interface OracleRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Each parameter's values, in their order. */
  readonly form: Readonly<Record<string, readonly string[]>>;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly status: number;
  readonly answer: Readonly<Record<string, unknown>>;
}

/** The options of `client` that make it one of the server's clients. */
export type ClientArgs = Readonly<Record<string, unknown>> & { readonly client_id: string };

export interface Oracle {
  readonly issuer: string;
  readonly requests: readonly OracleRequest[];
  /** The requests to a path since the last {@link forget}. */
  at(path: string): readonly OracleRequest[];
  forget(): void;
  /** Clients by how they authenticate. All may use every grant; the public one not `client_credentials`. */
  readonly clients: Readonly<Record<OracleClient, ClientArgs>>;
  /** Clients whose ID tokens are signed with this algorithm. */
  readonly signedWith: Readonly<Record<"RS256" | "PS256" | "ES256" | "EdDSA", ClientArgs>>;
  /** A client whose UserInfo answers are signed JWTs. */
  readonly signedUserinfo: ClientArgs;
  /** What the pipelines of `oracle-pipelines.test.support.ts` take, for one client. */
  args(client: ClientArgs, more?: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** What the server says of a token to an API that asks. */
  introspect(token: string): Promise<Readonly<Record<string, unknown>>>;
  /** The newest value that the token endpoint gave out. */
  newest(member: "access_token" | "refresh_token"): string;
  readonly person: UserAgent;
  close(): Promise<void>;
}

export type OracleClient = "none" | "basic" | "post" | "key" | "keyRsa" | "keyEd";

/** Two APIs that the server knows. Tokens for the second are JWTs. */
export const oracleResources = {
  notes: "https://notes.example/api",
  maps: "https://maps.example/",
} as const;

const redirectUri = "http://127.0.0.1/callback";
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
const everyGrant = ["authorization_code", "refresh_token", deviceGrant, "client_credentials"];

/** Characters that Basic must encode (RFC 6749 §2.3.1), and 256 random bits. */
function oddSecret(): string {
  return `a:b%c+d e&f=g/${randomBytes(32).toString("base64url")}`;
}

interface KeyPair {
  readonly secret: JWK;
  readonly shown: JWK;
}

function keyPair(kind: "ES256" | "RS256" | "PS256" | "EdDSA"): KeyPair {
  const { privateKey, publicKey } =
    kind === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : kind === "EdDSA"
        ? generateKeyPairSync("ed25519")
        : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const more = { use: "sig", alg: kind, kid: `${kind}-${randomBytes(4).toString("hex")}` };
  return {
    secret: { ...privateKey.export({ format: "jwk" }), ...more },
    shown: { ...publicKey.export({ format: "jwk" }), ...more },
  };
}

/** Starts the server and its person on 127.0.0.1 at free ports. */
export async function startOracle(options: OracleOptions = {}): Promise<Oracle> {
  const OidcProvider = await loadProvider();
  const records = new ProviderRecords(0);
  const requests: OracleRequest[] = [];
  let forgotten = 0;
  const secrets = { basic: oddSecret(), post: oddSecret(), api: randomBytes(32).toString("base64url") };
  const keys = { key: keyPair("ES256"), keyRsa: keyPair("PS256"), keyEd: keyPair("EdDSA") };

  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const registered = (client_id: string, metadata: Partial<ClientMetadata>): ClientMetadata => ({
    client_id,
    application_type: "native",
    grant_types: everyGrant,
    redirect_uris: [redirectUri],
    ...metadata,
  });
  const publicly = { token_endpoint_auth_method: "none", grant_types: everyGrant.slice(0, 3) } as const;
  const keyed = (pair: KeyPair): Partial<ClientMetadata> => ({
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [pair.shown] },
  });
  const algorithms = ["RS256", "PS256", "ES256", "EdDSA"] as const;

  const configuration: Configuration = {
    adapter: (kind: string) => records.adapter(kind),
    clients: [
      registered("oracle-none", publicly),
      registered("oracle-basic", {
        token_endpoint_auth_method: "client_secret_basic",
        client_secret: secrets.basic,
      }),
      registered("oracle-post", {
        token_endpoint_auth_method: "client_secret_post",
        client_secret: secrets.post,
      }),
      registered("oracle-key", keyed(keys.key)),
      registered("oracle-key-rsa", keyed(keys.keyRsa)),
      registered("oracle-key-ed", keyed(keys.keyEd)),
      ...algorithms.map((alg) =>
        registered(`oracle-${alg}`, { ...publicly, id_token_signed_response_alg: alg }),
      ),
      registered("oracle-userinfo", { ...publicly, userinfo_signed_response_alg: "RS256" }),
      {
        client_id: "api",
        client_secret: secrets.api,
        grant_types: [],
        response_types: [],
        redirect_uris: [],
      },
    ],
    scopes: ["openid", "offline_access", "email", "api:read"],
    claims: { openid: ["sub"], email: ["email"] },
    jwks: { keys: algorithms.map((alg) => keyPair(alg).secret) },
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    clientBasedCORS: () => false,
    enabledJWA: { userinfoSigningAlgValues: ["RS256"] },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => Promise.resolve({ sub: id, email: `${id}@example.com` }),
    }),
    pkce: { required: () => true },
    issueRefreshToken: (_ctx, client) => Promise.resolve(client.grantTypeAllowed("refresh_token")),
    expiresWithSession: () => Promise.resolve(false),
    rotateRefreshToken: () => true,
    interactions: { url: (_ctx, { uid }) => Promise.resolve(`/interaction/${uid}`) },
    renderError: (ctx, out) => {
      ctx.type = "html";
      ctx.body = page("Something went wrong", `<p>${out.error}</p>`);
    },
    ttl: {
      AccessToken: 3_600,
      AuthorizationCode: 60,
      ClientCredentials: 600,
      DeviceCode: 600,
      Grant: 86_400,
      IdToken: 3_600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      clientCredentials: { enabled: true },
      userinfo: { enabled: true },
      jwtUserinfo: { enabled: true },
      registration: { enabled: true },
      registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => options.nonces ?? false },
      pushedAuthorizationRequests: {
        enabled: true,
        requirePushedAuthorizationRequests: options.parRequired ?? false,
      },
      ...(options.fapi ? { fapi: { enabled: true, profile: "2.0" } } : {}),
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, _client, oneOf) => Promise.resolve(oneOf ?? []),
        getResourceServerInfo: (_ctx, resource) =>
          Promise.resolve({
            scope: "api:read api:write",
            audience: resource,
            accessTokenFormat: resource === oracleResources.maps ? "jwt" : "opaque",
          }),
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => Promise.resolve(token.clientId === client.clientId),
      },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) =>
          Promise.resolve(client.clientId === "api" || token.clientId === client.clientId),
      },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, form) => {
          ctx.body = page(
            "Connect a device",
            `${form}<button type="submit" form="op.deviceInputForm">Continue</button>`,
          );
        },
        userCodeConfirmSource: (ctx, form) => {
          ctx.body = page(
            "Is this your device?",
            `${form}<button type="submit" form="op.deviceConfirmForm">Yes</button>
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
    if (ctx.oidc?.route === "device_authorization" && isRecord(ctx.body)) ctx.body["interval"] = 1;
    requests.push({
      method: ctx.method,
      path: ctx.path,
      query: Object.fromEntries(new URLSearchParams(ctx.querystring)),
      form: lists(ctx.oidc?.body),
      headers: { ...ctx.headers },
      status: ctx.status,
      answer: isRecord(ctx.body) ? { ...ctx.body } : {},
    });
  });
  const handle = provider.callback();
  server.on("request", (request, response) => void handle(request, response));

  const person = userAgent("ada");
  const at = (path: string): readonly OracleRequest[] =>
    requests.slice(forgotten).filter((request) => request.path === path);
  const front = await serve((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    const of = (name: string): string => searchParams.get(name) ?? "";
    const answer = async (): Promise<string> => {
      if (pathname === "/authorize") return await person.authorize(of("url"));
      if (pathname === "/deny") return await person.denyAuthorization(of("url"));
      // Answered before the person has decided, so that the device polls at least once in vain.
      const decided = of("decision") === "allow" ? person.approveDevice : person.denyDevice;
      void polled(at).then(() => decided(of("uri"), of("user_code")));
      return "";
    };
    answer()
      .then((text) => response.writeHead(200, { "content-type": "text/plain" }).end(text))
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });

  const noSecret = (client_id: string): ClientArgs => ({ client_id });
  return {
    issuer,
    requests,
    at,
    forget: () => {
      forgotten = requests.length;
    },
    clients: {
      none: noSecret("oracle-none"),
      basic: {
        client_id: "oracle-basic",
        client_secret: secrets.basic,
        token_auth_method: "client_secret_basic",
      },
      post: {
        client_id: "oracle-post",
        client_secret: secrets.post,
        token_auth_method: "client_secret_post",
      },
      key: { client_id: "oracle-key", private_key: keys.key.secret },
      keyRsa: { client_id: "oracle-key-rsa", private_key: keys.keyRsa.secret },
      keyEd: { client_id: "oracle-key-ed", private_key: keys.keyEd.secret },
    },
    signedWith: {
      RS256: noSecret("oracle-RS256"),
      PS256: noSecret("oracle-PS256"),
      ES256: noSecret("oracle-ES256"),
      EdDSA: noSecret("oracle-EdDSA"),
    },
    signedUserinfo: noSecret("oracle-userinfo"),
    args: (client, more = {}) => ({ issuer, person: front.origin, client: { ...client, ...more } }),
    async introspect(token) {
      const basic = Buffer.from(`api:${secrets.api}`).toString("base64");
      const answer = await fetch(`${issuer}/token/introspection`, {
        method: "POST",
        headers: { authorization: `Basic ${basic}`, connection: "close" },
        body: new URLSearchParams({ token }),
      });
      return (await answer.json()) as Record<string, unknown>;
    },
    newest: (member) => {
      const given = requests.findLast(
        ({ path, answer }) => path === "/token" && typeof answer[member] === "string",
      );
      return String(given?.answer[member]);
    },
    person,
    async close() {
      await front.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function polled(at: Oracle["at"]): Promise<void> {
  const polls = (): number =>
    at("/token").filter(({ form }) => form["grant_type"]?.[0] === deviceGrant).length;
  const before = polls();
  while (polls() === before) await new Promise((resolve) => setTimeout(resolve, 20));
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function lists(value: unknown): Record<string, readonly string[]> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, given]) => [name, [given].flat().map(String)]));
}
