/**
 * A vendor's authorization server and API on one loopback socket, as `fixtures/providers/<name>.json` says it behaves.
 * What a request gets wrong is refused as a vendor would, and stands in `complaints`.
 */

import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Http, HttpRequest } from "../../../runtime/ports.ts";
import { fakeToken } from "../scripted-provider.test.support.ts";

type Members = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  /** Default `json`; `negotiated`: JSON only for a request that accepts it, else a form. */
  readonly format?: "json" | "form" | "negotiated";
  /** Texts `{access_token}`, `{refresh_token}`, `{id_token}` and `{scope}` are filled in; without a value the member is left out. */
  readonly members: Members | null;
}

type Authentication = "none" | "client_secret_post" | "client_secret_basic" | "bearer";

/** What is known of one vendor, independent of the catalogue. */
export interface VendorFacts {
  /** A catalogue name, or a template's. */
  readonly provider: string;
  /** What the factory takes. */
  readonly arguments: readonly unknown[];
  /** More options of the client; `client_secret: null` for a public one. */
  readonly client: Members;
  readonly authorization: {
    readonly url: string;
    /** Where the request is pushed to (RFC 9126). */
    readonly pushed?: string;
    /** What the request holds beside RFC 6749, PKCE, state and nonce; exactly this. */
    readonly parameters: Readonly<Record<string, string>>;
    /** What the vendor adds to the redirect. */
    readonly redirect?: Readonly<Record<string, string>>;
  };
  readonly token: {
    readonly url: string;
    readonly authentication: Authentication;
    readonly body: "form" | "json";
    readonly answer: Answer;
    /** For a code that is used or unknown. */
    readonly refused: Answer;
    /** When a login gets a refresh token. */
    readonly refresh_token: "always" | "first_consent" | "never";
  };
  /** What the client makes of a login's answer. */
  readonly granted: { readonly scopes: readonly string[] | null; readonly expires_in: number | null };
  readonly refresh: {
    readonly answer: Answer;
    readonly rotates: boolean;
    /** Whether the tokens before end at once. */
    readonly ends: { readonly access_token: boolean; readonly refresh_token: boolean };
    readonly refused: Answer;
  } | null;
  readonly api: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
    readonly answer: Answer;
  };
  readonly revocation: {
    readonly method: string;
    readonly url: string;
    readonly authentication: Authentication;
    readonly body: "form" | "json" | "none";
    /** The member or parameter that holds the token. */
    readonly member: string | null;
    readonly headers: Readonly<Record<string, string>>;
    /** In the order of the calls. */
    readonly calls: readonly { readonly token: "access_token" | "refresh_token"; readonly answer: Answer }[];
  } | null;
  readonly openid: { readonly issuer: string; readonly keys: string | null } | null;
}

const folder = fileURLToPath(new URL("../../../../fixtures/providers/", import.meta.url));

/** Every file of fixtures/providers by its name. */
export function vendorFacts(): ReadonlyMap<string, VendorFacts> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return new Map(
    files.map((file) => [
      file.replace(".json", ""),
      JSON.parse(readFileSync(`${folder}${file}`, "utf8")) as VendorFacts,
    ]),
  );
}

export const vendorClient: { readonly id: string; readonly secret: string } = {
  id: "client 1",
  // Characters that Basic authentication must encode first (RFC 6749 §2.3.1).
  secret: ["s", "cret", "+/:%"].join("-"),
};

export interface ScriptedVendor {
  readonly facts: VendorFacts;
  /** On loopback. */
  readonly origin: string;
  /** The vendor's own origins. */
  readonly origins: ReadonlySet<string>;
  /** What requests got wrong, one sentence each. */
  readonly complaints: string[];
  /** Every request as "METHOD url", the browser's too. */
  readonly seen: string[];
  /** What a person does who agrees: opens the page, and answers the URL that the browser is sent to. */
  agree(url: string): Promise<string>;
  /** Whether the vendor still takes this token. */
  isLive(token: string): boolean;
  close(): Promise<void>;
}

interface Attempt {
  readonly parameters: URLSearchParams;
  used: boolean;
}

interface Asked {
  readonly method: string;
  /** With the vendor's own origin. */
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

const originField = "x-scripted-origin";
const rsa: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
});

/** Starts the vendor. */
export async function scriptedVendor(facts: VendorFacts): Promise<ScriptedVendor> {
  const complaints: string[] = [];
  const seen: string[] = [];
  const attempts = new Map<string, Attempt>();
  const pushed = new Map<string, URLSearchParams>();
  /** Tokens that were issued; true while they live. */
  const tokens = new Map<string, boolean>();
  const current: Record<string, string> = {};
  let revocations = 0;
  let consents = 0;
  let issued = 0;

  const { authorization, token, refresh, api, revocation, openid } = facts;
  const secret = facts.client["client_secret"] === null ? null : vendorClient.secret;
  const revocationUrl = revocation?.url.replace("{client_id}", encodeURIComponent(vendorClient.id));
  const urls = [authorization.url, authorization.pushed, token.url, api.url, revocationUrl, openid?.keys];
  const origins = new Set(urls.flatMap((url) => (url ? [new URL(url).origin] : [])));

  const expect = (what: string, found: unknown, wanted: unknown): boolean => {
    const same = JSON.stringify(found) === JSON.stringify(wanted);
    if (!same) complaints.push(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
    return same;
  };
  const expectOnly = (what: string, found: URLSearchParams | Members, wanted: Members): boolean => {
    const given = found instanceof URLSearchParams ? [...found] : Object.entries(found);
    const sorted = (entries: readonly (readonly [string, unknown])[]) =>
      entries.map(([name, value]) => `${name}=${String(value)}`).toSorted();
    return expect(what, sorted(given), sorted(Object.entries(wanted)));
  };

  function begin(parameters: URLSearchParams): boolean {
    const dynamic = ["state", "code_challenge", "redirect_uri", ...(openid ? ["nonce"] : [])];
    const rest = new URLSearchParams([...parameters].filter(([name]) => !dynamic.includes(name)));
    for (const name of dynamic) expect(`authorization ${name}`, parameters.getAll(name).length, 1);
    return expectOnly("authorization parameters", rest, {
      response_type: "code",
      client_id: vendorClient.id,
      code_challenge_method: "S256",
      ...authorization.parameters,
    });
  }

  function consent(url: URL, response: ServerResponse): void {
    let parameters = url.searchParams;
    if (authorization.pushed === undefined) begin(parameters);
    else {
      const reference = parameters.get("request_uri") ?? "";
      expectOnly("pushed authorization", parameters, { client_id: vendorClient.id, request_uri: reference });
      parameters = pushed.get(reference) ?? new URLSearchParams();
    }
    const code = fakeToken("code", attempts.size + 1);
    attempts.set(code, { parameters, used: false });
    const back = new URL(parameters.get("redirect_uri") ?? "http://127.0.0.1/nowhere");
    const more = Object.entries(authorization.redirect ?? {});
    for (const [name, value] of [["code", code], ["state", parameters.get("state") ?? ""], ...more] as const)
      back.searchParams.set(name, value);
    response.writeHead(302, { location: back.href }).end();
  }

  /** The request's own parameters, after the client has been recognised. */
  function endpoint(asked: Asked, how: Authentication, body: "form" | "json"): Record<string, string> | null {
    const type = body === "form" ? "application/x-www-form-urlencoded" : "application/json";
    const fits = [
      expect("method", asked.method, "POST"),
      expect("content-type", asked.headers["content-type"], type),
      expect("accept", asked.headers.accept, "application/json"),
    ];
    const parameters: Record<string, string> =
      body === "form"
        ? Object.fromEntries(new URLSearchParams(asked.text))
        : (JSON.parse(asked.text) as Record<string, string>);
    const { client_id, client_secret, ...rest } = parameters;
    const basic = how === "client_secret_basic" ? basicOf(vendorClient.id, secret ?? "") : undefined;
    fits.push(
      expect("client_id", client_id, vendorClient.id),
      expect(
        "client_secret",
        client_secret,
        how === "client_secret_post" ? (secret ?? undefined) : undefined,
      ),
      expect("authorization", asked.headers.authorization, basic),
    );
    return fits.includes(false) ? null : rest;
  }

  function grant(asked: Asked, response: ServerResponse): void {
    const parameters = endpoint(asked, token.authentication, token.body);
    if (parameters === null) return answer(asked, response, invalidRequest);
    if (parameters["grant_type"] === "refresh_token") return renew(asked, response, parameters);
    const { code = "", code_verifier = "", redirect_uri, ...rest } = parameters;
    const attempt = attempts.get(code);
    if (attempt === undefined || attempt.used) return answer(asked, response, token.refused);
    attempt.used = true;
    const challenge = createHash("sha256").update(code_verifier).digest("base64url");
    const fits = [
      expectOnly("token parameters", rest, { grant_type: "authorization_code" }),
      expect("redirect_uri", redirect_uri, attempt.parameters.get("redirect_uri")),
      expect("code_verifier", challenge, attempt.parameters.get("code_challenge")),
    ];
    if (fits.includes(false)) return answer(asked, response, invalidRequest);
    consents += 1;
    const first = consents === 1 || attempt.parameters.get("prompt") === "consent";
    const withRefresh =
      token.refresh_token === "always" || (token.refresh_token === "first_consent" && first);
    answer(asked, response, token.answer, issue(withRefresh, attempt.parameters));
  }

  function renew(asked: Asked, response: ServerResponse, parameters: Record<string, string>): void {
    const { refresh_token = "", ...rest } = parameters;
    expectOnly("refresh parameters", rest, { grant_type: "refresh_token" });
    if (refresh === null) return void expect("refresh", "asked for", "never");
    if (tokens.get(refresh_token) !== true) return answer(asked, response, refresh.refused);
    const before = current["access_token"] ?? "";
    const values = issue(refresh.rotates, null);
    if (refresh.ends.refresh_token) tokens.set(refresh_token, false);
    if (refresh.ends.access_token) tokens.set(before, false);
    answer(asked, response, refresh.answer, values);
  }

  function issue(
    withRefresh: boolean,
    parameters: URLSearchParams | null,
  ): Record<string, string | undefined> {
    issued += 1;
    const access_token = fakeToken("access", issued);
    const refresh_token = withRefresh ? fakeToken("refresh", issued) : undefined;
    current["access_token"] = access_token;
    if (refresh_token !== undefined) current["refresh_token"] = refresh_token;
    for (const one of [access_token, refresh_token]) if (one !== undefined) tokens.set(one, true);
    const id_token = openid ? idToken(openid.issuer, parameters?.get("nonce") ?? null) : undefined;
    const scope = parameters?.get("scope") ?? authorization.parameters["scope"];
    return { access_token, refresh_token, id_token, scope };
  }

  function resource(asked: Asked, response: ServerResponse): void {
    const bearer = /^Bearer (\S+)$/.exec(asked.headers.authorization ?? "")?.[1] ?? "";
    if (tokens.get(bearer) !== true || bearer.includes("refresh"))
      return answer(asked, response, { status: 401, members: { error: "invalid_token" } });
    expect("api method", asked.method, api.method);
    for (const [name, value] of Object.entries(api.headers))
      expect(`api ${name}`, asked.headers[name], value);
    expect("api body", asked.text === "" ? null : JSON.parse(asked.text), api.body);
    answer(asked, response, api.answer);
  }

  function revoke(asked: Asked, response: ServerResponse): void {
    if (revocation === null) return void expect("revocation", "asked for", "never");
    const call = revocation.calls[revocations++];
    const { member, authentication, body } = revocation;
    if (call === undefined) return void expect("revocation", "one more", "no more");
    const wanted = current[call.token] ?? "";
    const authorizationField =
      authentication === "bearer"
        ? `Bearer ${wanted}`
        : authentication === "client_secret_basic"
          ? basicOf(vendorClient.id, secret ?? "")
          : undefined;
    expect("revocation method", asked.method, revocation.method);
    expect("revocation authorization", asked.headers.authorization, authorizationField);
    for (const [name, value] of Object.entries(revocation.headers))
      expect(`revocation ${name}`, asked.headers[name], value);
    if (body === "none") expect("revocation body", asked.text, "");
    else {
      const found: Members =
        body === "json"
          ? (JSON.parse(asked.text) as Members)
          : Object.fromEntries(new URLSearchParams(asked.text));
      expectOnly("revocation parameters", found, {
        ...(member === null ? {} : { [member]: wanted }),
        ...(body === "form" ? { token_type_hint: call.token, client_id: vendorClient.id } : {}),
        ...(authentication === "client_secret_post" && secret !== null ? { client_secret: secret } : {}),
      });
    }
    // One call ends the whole grant.
    if (call.answer.status < 300) for (const one of tokens.keys()) tokens.set(one, false);
    answer(asked, response, call.answer);
  }

  function route(asked: Asked, response: ServerResponse): void {
    const address = `${asked.url.origin}${asked.url.pathname}`;
    if (address === authorization.url && asked.method === "GET") return consent(asked.url, response);
    if (address === authorization.pushed) {
      const parameters = endpoint(asked, token.authentication, "form");
      if (parameters === null || !begin(new URLSearchParams({ ...parameters, client_id: vendorClient.id })))
        return answer(asked, response, invalidRequest);
      const reference = `urn:ietf:params:oauth:request_uri:${pushed.size + 1}`;
      pushed.set(reference, new URLSearchParams({ ...parameters, client_id: vendorClient.id }));
      return answer(asked, response, { status: 201, members: { request_uri: reference, expires_in: 60 } });
    }
    if (address === token.url) return grant(asked, response);
    if (address === revocationUrl) return revoke(asked, response);
    if (address === openid?.keys) {
      const jwk = rsa.publicKey.export({ format: "jwk" });
      return answer(asked, response, {
        status: 200,
        members: { keys: [{ ...jwk, kid: "1", alg: "RS256", use: "sig" }] },
      });
    }
    if (asked.url.href === api.url) return resource(asked, response);
    complaints.push(`no such page: ${asked.method} ${asked.url.href}`);
    answer(asked, response, { status: 404, members: null });
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", headers, url = "/" } = request;
      const asked: Asked = {
        method,
        headers,
        url: new URL(url, String(headers[originField])),
        text: Buffer.concat(chunks).toString("utf8"),
      };
      seen.push(`${method} ${asked.url.origin}${asked.url.pathname}`);
      route(asked, response);
      if (!response.writableEnded) answer(asked, response, invalidRequest);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    facts,
    origin,
    origins,
    complaints,
    seen,
    async agree(url) {
      const page = new URL(url);
      const answered = await fetch(`${origin}${page.pathname}${page.search}`, {
        redirect: "manual",
        headers: { [originField]: page.origin },
      });
      return answered.headers.get("location") ?? `no redirect: ${answered.status}`;
    },
    isLive: (one) => tokens.get(one) === true,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** An http port over `real` on which the origins of the vendors lead to their loopback sockets; every other URL goes where it says. */
export function httpTo(vendors: readonly ScriptedVendor[], real: Http, sent: HttpRequest[] = []): Http {
  return {
    send(request) {
      sent.push(request);
      const url = new URL(request.url);
      const vendor = vendors.find(({ origins }) => origins.has(url.origin));
      if (vendor === undefined) return real.send(request);
      const { credential } = request;
      if (credential && !credential.origins.includes(url.origin))
        vendor.complaints.push(`the credential may not go to ${url.origin}`);
      return real.send({
        ...request,
        url: `${vendor.origin}${url.pathname}${url.search}`,
        headers: { ...request.headers, [originField]: url.origin },
        reach: "granted",
        ...(credential ? { credential: { origins: [vendor.origin] } } : {}),
      });
    },
  };
}

const invalidRequest: Answer = { status: 400, members: { error: "invalid_request" } };

function answer(
  asked: Asked,
  response: ServerResponse,
  { status, format = "json", members }: Answer,
  values: Readonly<Record<string, string | undefined>> = {},
): void {
  if (members === null) return void response.writeHead(status).end();
  const filled = fill(members, values) as Members;
  const accepted = asked.headers.accept ?? "";
  const form = format === "form" || (format === "negotiated" && !/[/+]json/.test(accepted));
  if (form) {
    const pairs = Object.entries(filled).map(([name, value]) => [name, String(value)]);
    response.writeHead(status, { "content-type": "application/x-www-form-urlencoded; charset=utf-8" });
    response.end(new URLSearchParams(pairs).toString());
    return;
  }
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(filled));
}

function fill(value: unknown, values: Readonly<Record<string, string | undefined>>): unknown {
  if (typeof value === "string") {
    const name = /^\{(access_token|refresh_token|id_token|scope)\}$/.exec(value)?.[1];
    return name === undefined ? value : values[name];
  }
  if (Array.isArray(value)) return value.map((item: unknown) => fill(item, values));
  if (typeof value !== "object" || value === null) return value;
  const filled = Object.entries(value).map(([name, item]) => [name, fill(item, values)] as const);
  return Object.fromEntries(filled.filter(([, item]) => item !== undefined));
}

function basicOf(id: string, secret: string): string {
  // RFC 6749 §2.3.1: as in a form, where a space is a plus.
  const encoded = [id, secret].map((text) => new URLSearchParams({ x: text }).toString().slice(2));
  return `Basic ${Buffer.from(encoded.join(":")).toString("base64")}`;
}

function idToken(issuer: string, nonce: string | null): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, sub: "person-1", aud: vendorClient.id, iat: now, exp: now + 3600 };
  const input = [{ alg: "RS256", kid: "1" }, nonce === null ? claims : { ...claims, nonce }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${input}.${sign("sha256", Buffer.from(input), rsa.privateKey).toString("base64url")}`;
}
