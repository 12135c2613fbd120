/**
 * The world around the pipelines of the end-to-end tests: a real authorization server, a protected API, a person, and
 * the text that the pipelines have in common.
 */

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, request as httpRequest, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from "../scripts/peers/authorization-server.ts";
import { type ProtectedApi, startProtectedApi } from "../scripts/peers/protected-api.ts";
import { type UserAgent, userAgent } from "../scripts/peers/user-agent.ts";

export interface Peers {
  readonly server: AuthorizationServer;
  readonly api: ProtectedApi;
  readonly person: UserAgent;
  /** A folder of this test file. */
  readonly folder: string;
  /** The arguments that {@link common} takes: `client_id` of the public client, no `store`. */
  readonly args: Readonly<Record<string, string>>;
  /** The same with a new token file and its key. */
  withStore(): Record<string, string>;
  /** Whether the authorization server takes an access or refresh token for a good one. */
  isActive(token: string): Promise<boolean>;
  /** The newest value of a kind. */
  newest(kind: "access_token" | "refresh_token"): string;
  /** Refreshes at the token endpoint so far. */
  refreshes(): number;
  close(): Promise<void>;
}

/** Starts all peers on loopback. `apiNonce`: what the API wants to be shown in DPoP proofs. */
export async function startPeers(
  options: AuthorizationServerOptions & { readonly apiNonce?: string } = {},
): Promise<Peers> {
  const server = await startAuthorizationServer(options);
  const api = await startProtectedApi(server, server.clients.apiClient, options.apiNonce);
  const person = userAgent("ada");
  const folder = mkdtempSync(join(tmpdir(), "holdfast-flows-"));
  const front = await startFront(server, person);
  const args = {
    issuer: server.issuer,
    token_server: server.issuer,
    api: api.origin,
    person: front.origin,
    client_id: server.clients.publicClient.clientId,
    redirect_uri: "http://127.0.0.1:9/callback",
  };
  let stores = 0;
  return {
    server,
    api,
    person,
    folder,
    args,
    withStore: () => ({
      ...args,
      store: join(folder, `tokens-${++stores}.bin`),
      store_key: randomBytes(32).toString("base64url"),
    }),
    async isActive(token) {
      const { clientId, clientSecret } = server.clients.apiClient;
      const basic = Buffer.from(`${clientId}:${clientSecret ?? ""}`).toString("base64");
      const answer = await fetch(server.introspectionEndpoint, {
        method: "POST",
        headers: { authorization: `Basic ${basic}` },
        body: new URLSearchParams({ token }),
      });
      return ((await answer.json()) as { active: boolean }).active;
    },
    newest: (wanted) => server.credentials.findLast(({ kind }) => kind === wanted)?.value ?? "",
    refreshes: () => server.tokenRequests("refresh_token").length,
    async close() {
      await front.close();
      await api.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface LoopbackServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** An HTTP server on 127.0.0.1, at a free port unless one is given. */
export async function serve(listener: RequestListener, port = 0): Promise<LoopbackServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Lets a pipeline ask the person: `GET /authorize?url=`, `/deny?url=`, `/device?answer=&user_code=`. */
async function startFront(server: AuthorizationServer, person: UserAgent): Promise<LoopbackServer> {
  return await serve((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    const of = (name: string): string => searchParams.get(name) ?? "";
    const answer = async (): Promise<string> => {
      if (pathname === "/authorize") return await person.authorize(of("url"));
      if (pathname === "/deny") return await person.denyAuthorization(of("url"));
      // Answered before the person has decided, so that the device polls at least once in vain.
      void decideAfterPoll(server, person, of("answer"), of("user_code"));
      return "";
    };
    answer()
      .then((text) => response.writeHead(200, { "content-type": "text/plain" }).end(text))
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
}

async function decideAfterPoll(
  server: AuthorizationServer,
  person: UserAgent,
  answer: string,
  userCode: string,
): Promise<void> {
  const polls = (): number =>
    server.requests.filter(({ form }) => form?.["grant_type"]?.endsWith("device_code")).length;
  const before = polls();
  while (polls() === before) await new Promise((resolve) => setTimeout(resolve, 20));
  if (answer === "allow") await person.approveDevice(server.verificationUri, userCode);
  else await person.denyDevice(server.verificationUri, userCode);
}

/** A proxy before the authorization server that can lose requests and answers. */
export interface Gate extends LoopbackServer {
  /** What happens to the next requests; then `pass`. `no_answer`: the server has acted, its answer is lost. */
  next(...fates: readonly ("pass" | "no_request" | "no_answer")[]): void;
  /** Requests read, whatever became of them. */
  readonly seen: number;
}

/** Starts a gate to `target`, at a free port unless one is given. */
export async function startGate(target: string, port = 0): Promise<Gate> {
  const fates: string[] = [];
  let seen = 0;
  const server = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => {
      seen += 1;
      const fate = fates.shift() ?? "pass";
      if (fate === "no_request") return void response.destroy();
      const { method, headers } = request;
      const onward = httpRequest(
        new URL(request.url ?? "/", target),
        { method, headers, agent: false },
        (answer) => {
          if (fate === "no_answer") {
            answer.resume();
            answer.once("end", () => response.destroy());
            return;
          }
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      onward.once("error", () => response.destroy());
      onward.end(Buffer.concat(chunks));
    });
  }, port);
  return {
    ...server,
    next: (...more) => void fates.push(...more),
    get seen() {
      return seen;
    },
  };
}

export interface Recorder extends LoopbackServer {
  /** Every byte that arrived, as Latin-1 text. */
  bytes(): string;
}

/** A server that keeps every byte and answers each request with the `Authorization` field that it got. */
export async function startRecorder(): Promise<Recorder> {
  let all = "";
  const server = createTcpServer((socket) => {
    let seen = "";
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      all += chunk.toString("latin1");
      seen += chunk.toString("latin1");
      for (;;) {
        const end = seen.indexOf("\r\n\r\n");
        if (end < 0) return;
        const head = seen.slice(0, end);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (seen.length < end + 4 + length) return;
        seen = seen.slice(end + 4 + length);
        const echoed = /^authorization: (.*)$/im.exec(head)?.[1]?.trim() ?? null;
        const bytes = Buffer.from(echoed ?? "");
        const body = JSON.stringify({
          authorization: echoed,
          base64: bytes.toString("base64"),
          hex: bytes.toString("hex"),
        });
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-echo: ${echoed ?? ""}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => all,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** What the pipelines have in common; their default function follows. */
export const common = `
import { env } from "std/env";
import { http_get, http_request } from "std/http";
import { log } from "std/log";
import { sleep } from "std/time";
import {
  client, current_token, exchange_callback, exchange_code, refresh, request, revoke, start_authorization, token,
} from "std/oauth/client";
import { device_flow } from "std/oauth/device_flow";
import { custom as custom_provider } from "std/oauth/providers";
import { custom as custom_storage, file, memory } from "std/oauth/storage";

type Args = Record<string, string>;

const provider = (args: Args, more: object = {}) =>
  custom_provider({
    id: "acme",
    issuer: args.issuer,
    auth_url: \`\${args.issuer}/auth\`,
    token_url: \`\${args.token_server}/token\`,
    device_code_url: \`\${args.issuer}/device/auth\`,
    revoke_url: \`\${args.token_server}/token/revocation\`,
    default_scopes: ["openid", "api:read"],
    resource_origins: [args.api],
    iss_parameter: true,
    ...more,
  });

const strict = {
  refresh_handling: {
    strategy: "rotation", expires_in_field: "expires_in", expires_at_field: null, refresh_grant: "standard",
    rotates_refresh_token: true, notes: [], reuse: "strict",
  },
};

const store = (args: Args) => (args.store ? file(args.store, args.store_key) : memory());

const session = (args: Args, more: object = {}, fields: object = {}) =>
  client(provider(args, fields), {
    client_id: args.client_id, redirect_uri: args.redirect_uri, storage: store(args), ...more,
  });

const asked = async (args: Args, path: string, url: string): Promise<string> =>
  String((await http_get(\`\${args.person}/\${path}?url=\${encodeURIComponent(url)}\`)).body);

const login = async (args: Args, cli: any) => {
  const attempt = await start_authorization(cli);
  return await exchange_callback(cli, attempt, await asked(args, "authorize", attempt.url));
};

const failure = async (promise: Promise<unknown>) => {
  try {
    await promise;
    return null;
  } catch (error: any) {
    const { name, code, message, retryable, hint, details } = error;
    return { name, code, message, retryable, hint, details: details ?? null };
  }
};
`;

/** A pipeline over {@link common}; `body` is that of its default function, whose argument is `args`. */
export function pipeline(body: string): string {
  return `${common}\nexport default async (args: any) => {\n${body}\n};\n`;
}
