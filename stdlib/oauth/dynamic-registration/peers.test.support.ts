/**
 * Two registration servers on loopback: `oidc-provider`, and the functions of this folder behind `node:http` as an
 * embedder would host them.
 */

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Provider } from "oidc-provider";
import { ProviderRecords } from "../../../scripts/peers/provider-records.ts";
import { createOAuth, type OAuth, OAuthError, type RegistrationStore } from "../node.ts";

export interface RegistrationServer {
  readonly issuer: string;
  readonly registrationEndpoint: string;
  close(): Promise<void>;
}

/** `oidc-provider` with open registration and management. */
export async function startPeer(): Promise<RegistrationServer> {
  const OidcProvider = await loadProvider();
  const { server, origin } = await listen();
  const records = new ProviderRecords(0);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const provider = new OidcProvider(origin, {
    adapter: (kind: string) => records.adapter(kind),
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256" }] },
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      registrationManagement: { enabled: true },
    },
    clientBasedCORS: () => false,
  });
  const handle = provider.callback();
  server.on("request", (request, response) => void handle(request, response));
  return { issuer: origin, registrationEndpoint: `${origin}/reg`, close: () => closed(server) };
}

export interface OwnServer extends RegistrationServer {
  readonly oauth: OAuth;
  readonly store: RegistrationStore;
}

/** Our functions over HTTP, with an issuer that has a path. */
export async function startOwn(): Promise<OwnServer> {
  const oauth = createOAuth();
  const { server, origin } = await listen();
  const issuer = `${origin}/tenant`;
  const registrationEndpoint = `${origin}/register`;
  const store = oauth.dynamic_registration.dynamic_registration_store({
    registration_url: registrationEndpoint,
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    void answer(oauth, store, issuer, request).then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      () => response.writeHead(500).end(),
    );
  });
  return {
    issuer,
    registrationEndpoint,
    oauth,
    store,
    close: async () => {
      await closed(server);
      await oauth.close();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function answer(
  { dynamic_registration: module }: OAuth,
  store: RegistrationStore,
  issuer: string,
  request: IncomingMessage,
): Promise<Answer> {
  const { method = "", url = "/", headers } = request;
  const paths = module.well_known_paths(null, { issuer });
  if (method === "GET" && url === paths.authorization_server_metadata) {
    const record = { auth_url: `${issuer}/authorize`, token_url: `${issuer}/token` };
    const registration_endpoint = new URL(paths.registration, issuer).href;
    return module.well_known_response(
      module.authorization_server_metadata(record, { registration_endpoint }),
    );
  }
  const [, , id = ""] = url.split("/");
  const token = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
  const unauthorized = json(401, { error: "invalid_token" });
  try {
    switch (id === "" ? method : `${method} client`) {
      case "POST":
        return json(201, await store.register(await metadataOf(request)));
      case "GET client": {
        const read = await store.read(id, token);
        // RFC 7592 §3: the answer repeats the token; the store cannot, since it keeps a hash.
        return read === null ? unauthorized : json(200, { ...read, registration_access_token: token });
      }
      case "PUT client": {
        const updated = await store.update(id, token, await metadataOf(request));
        return updated === null ? unauthorized : json(200, updated);
      }
      case "DELETE client":
        return (await store.delete(id, token)) ? { ...json(204, ""), body: "" } : unauthorized;
      default:
        return json(405, {});
    }
  } catch (error) {
    if (!(error instanceof OAuthError) || error.code !== "HARN-OAU-005") throw error;
    return json(400, { error: "invalid_client_metadata", error_description: error.message });
  }
}

function json(status: number, value: unknown): Answer {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return { status, headers, body: JSON.stringify(value) };
}

async function metadataOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text) as Record<string, unknown>;
}

async function listen(): Promise<{ server: Server; origin: string }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function closed(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
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
