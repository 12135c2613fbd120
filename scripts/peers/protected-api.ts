/**
 * A small protected API on loopback. It asks the authorization server about every token (RFC 7662) and answers 401
 * with `WWW-Authenticate` (RFC 6750 §3) when the token is not good. A token that is bound to a key needs a DPoP proof.
 *
 * @module
 */

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Client } from "./authorization-server.ts";
import { ProofChecker } from "./dpop-check.ts";

export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

export interface ProtectedApi {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** Every call so far, oldest first. */
  readonly calls: readonly ApiCall[];
  /** Every token that it was shown. */
  readonly tokens: ReadonlySet<string>;
  /** The next call is answered with 401, whatever its token. */
  rejectNext(): void;
  close(): Promise<void>;
}

interface Introspection {
  readonly active: boolean;
  readonly sub?: string;
  readonly scope?: string;
  readonly cnf?: { readonly jkt?: string };
}

/** Starts the API on 127.0.0.1 at a free port. `GET /me`, `GET /items`, `POST /items`. `nonce`: DPoP proofs must show it. */
export async function startProtectedApi(
  authorizationServer: { readonly introspectionEndpoint: string; readonly issuer: string },
  client: Client,
  nonce: string | null = null,
): Promise<ProtectedApi> {
  const calls: ApiCall[] = [];
  const tokens = new Set<string>();
  const items = [
    { id: 1, name: "lantern" },
    { id: 2, name: "rope" },
  ];
  let rejections = 0;
  const proofs = new ProofChecker();

  const answer = async (request: IncomingMessage): Promise<{ status: number; body: unknown }> => {
    const [, scheme, token] =
      /^(Bearer|DPoP) ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? "") ?? [];
    if (token === undefined) return { status: 401, body: { error: "missing_token" } };
    tokens.add(token);
    if (rejections > 0) {
      rejections -= 1;
      return { status: 401, body: { error: "invalid_token" } };
    }
    const seen = await introspect(authorizationServer.introspectionEndpoint, client, token);
    if (!seen.active) return { status: 401, body: { error: "invalid_token" } };
    const thumbprint = seen.cnf?.jkt;
    if ((thumbprint !== undefined) !== (scheme?.toLowerCase() === "dpop"))
      return { status: 401, body: { error: "invalid_token" } };
    if (thumbprint !== undefined) {
      const url = `http://${request.headers.host ?? ""}${request.url ?? ""}`;
      const proven = { method: request.method ?? "", url, access_token: token, thumbprint, nonce };
      const fault = await proofs.fault(request.headers["dpop"], proven);
      if (fault !== null)
        return { status: 401, body: { error: fault === "nonce" ? "use_dpop_nonce" : "invalid_dpop_proof" } };
    }
    const scopes = (seen.scope ?? "").split(" ");
    const wanted = request.method === "POST" ? "api:write" : "api:read";
    if (!scopes.includes(wanted))
      return { status: 403, body: { error: "insufficient_scope", scope: wanted } };
    if (request.method === "GET" && request.url === "/me")
      return { status: 200, body: { sub: seen.sub, scopes } };
    if (request.method === "GET" && request.url === "/items") return { status: 200, body: items };
    if (request.method === "POST" && request.url === "/items") {
      const item = { id: items.length + 1, name: nameOf(await readText(request)) };
      items.push(item);
      return { status: 201, body: item };
    }
    return { status: 404, body: { error: "not_found" } };
  };

  const server = createServer((request, response) => {
    void answer(request)
      .catch(() => ({ status: 503, body: { error: "unavailable" } }))
      .then(({ status, body }) => {
        calls.push({ method: request.method ?? "", path: request.url ?? "", status });
        const { error, scope } = body as { error?: string; scope?: string };
        const isProof = error === "use_dpop_nonce" || error === "invalid_dpop_proof";
        const challenge = [`${isProof ? "DPoP" : "Bearer"} realm="items"`];
        if (isProof || error === "invalid_token" || error === "insufficient_scope")
          challenge.push(`error="${error}"`);
        if (scope !== undefined) challenge.push(`scope="${scope}"`);
        response.writeHead(status, {
          "content-type": "application/json",
          ...(nonce === null ? {} : { "dpop-nonce": nonce }),
          ...(status === 401 || status === 403 ? { "www-authenticate": challenge.join(", ") } : {}),
        });
        response.end(JSON.stringify(body));
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    tokens,
    rejectNext: () => {
      rejections += 1;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function introspect(endpoint: string, client: Client, token: string): Promise<Introspection> {
  const basic = Buffer.from(`${client.clientId}:${client.clientSecret ?? ""}`).toString("base64");
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { authorization: `Basic ${basic}`, connection: "close" },
    body: new URLSearchParams({ token }),
  });
  if (response.status !== 200) throw new Error(`introspection answered ${response.status}`);
  return (await response.json()) as Introspection;
}

async function readText(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}

function nameOf(body: string): string {
  const value = JSON.parse(body) as { name?: unknown };
  return typeof value.name === "string" ? value.name : "unnamed";
}
