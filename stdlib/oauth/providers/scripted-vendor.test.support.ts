/**
 * A vendor's authorization server and API on one loopback socket, as `fixtures/providers/<name>.json` says it behaves.
 * What a request gets wrong is refused as a vendor would, and stands in `complaints`.
 */

import { createHash } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Http, HttpRequest } from "../../../runtime/ports.ts";
import { fakeToken } from "../scripted-provider.test.support.ts";
import {
  answer,
  type Asked,
  basicPair,
  idToken,
  invalidRequest,
  keySet,
} from "./vendor-answer.test.support.ts";
import {
  type Authentication,
  type Members,
  vendorClient,
  type VendorFacts,
} from "./vendor-facts.test.support.ts";

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

const originField = "x-scripted-origin";
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
    if (fits.includes(false)) return null;
    const parameters: Record<string, string> =
      body === "form"
        ? Object.fromEntries(new URLSearchParams(asked.text))
        : (JSON.parse(asked.text) as Record<string, string>);
    const { client_id, client_secret, ...rest } = parameters;
    const basic = how === "client_secret_basic" ? [vendorClient.id, secret] : null;
    fits.push(
      expect("client_id", client_id, vendorClient.id),
      expect(
        "client_secret",
        client_secret,
        how === "client_secret_post" ? (secret ?? undefined) : undefined,
      ),
      expect("authorization", basicPair(asked), basic),
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
    expect("revocation method", asked.method, revocation.method);
    if (authentication === "client_secret_basic")
      expect("revocation authorization", basicPair(asked), [vendorClient.id, secret]);
    else {
      const bearer = authentication === "bearer" ? `Bearer ${wanted}` : undefined;
      expect("revocation authorization", asked.headers.authorization, bearer);
    }
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
      return answer(asked, response, { status: 200, members: keySet() });
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
      try {
        route(asked, response);
      } catch (error) {
        complaints.push(`unreadable: ${asked.method} ${asked.url.href}: ${String(error)}`);
      }
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
