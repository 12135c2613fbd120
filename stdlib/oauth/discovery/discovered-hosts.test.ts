import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { secureServer } from "../../../runtime/host/certificate.test.support.ts";
import type { NetworkAddress } from "../../../runtime/host/egress.ts";
import { reply } from "../../../runtime/host/server.test.support.ts";
import { createOAuth, type OAuth, type ProviderRecord } from "../node.ts";
import { fakeToken } from "../scripted-provider.test.support.ts";

const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  while (cleanup.length > 0) await cleanup.pop()?.();
});

const issuer = "https://idp.example";
const publicAddress = "93.184.216.34";
const privateAddress = "10.0.0.5";

const found = (address: string) => ({ address, family: address.includes(":") ? 6 : 4 }) as const;

interface Node extends OAuth {
  /** Addresses that were dialled, in order. */
  readonly dialled: string[];
  /** What each name resolves to; others to a public address. */
  readonly names: Map<string, string>;
}

/** Plain Node code against an issuer with this metadata, over real sockets. */
async function node(metadata: Readonly<Record<string, unknown>>, net?: readonly string[]): Promise<Node> {
  const server = await secureServer(
    "idp.example",
    reply(
      JSON.stringify({
        issuer,
        authorization_endpoint: `${issuer}/a`,
        token_endpoint: `${issuer}/t`,
        ...metadata,
      }),
      ["content-type: application/json"],
    ),
  );
  cleanup.push(server.close);
  const dialled: string[] = [];
  const names = new Map([["inner.example", privateAddress]]);
  const oauth = createOAuth({
    ...(net === undefined ? {} : { net }),
    egress: {
      ca: server.cert,
      lookup: async (name) => [found(names.get(name) ?? publicAddress)],
      connectTo({ address, port }: NetworkAddress) {
        dialled.push(`${address}:${port}`);
        // Nobody listens there, so that what is dialled fails at once.
        return { address: "127.0.0.1", port: address === publicAddress ? server.port : 1 };
      },
    },
  });
  cleanup.push(oauth.close);
  return Object.assign(oauth, { dialled, names });
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A client with a stored login. */
function loggedIn(oauth: OAuth, record: ProviderRecord) {
  const iat = Math.floor(Date.now() / 1_000) - 10;
  const set = {
    access_token: fakeToken("at"),
    refresh_token: fakeToken("rt"),
    id_token: `${json({ alg: "RS256", kid: "1" })}.${json({ iss: issuer, aud: "app", sub: "1", iat, exp: iat + 3_600 })}.${json("sig")}`,
    expires_at_unix: 4_102_444_800,
  };
  return oauth.client.client(record, {
    client_id: "app",
    client_secret: "not-a-secret",
    redirect_uri: "http://127.0.0.1:7777/callback",
    storage: { get: () => set, set: () => {}, delete: () => {} },
  });
}

type Call = (cli: ReturnType<typeof loggedIn>, oauth: OAuth, record: ProviderRecord) => Promise<unknown>;
const calls: [endpoint: string, call: Call][] = [
  ["token_endpoint", (cli) => cli.refresh()],
  ["introspection_endpoint", (cli) => cli.introspect()],
  ["userinfo_endpoint", (cli) => cli.userinfo()],
  ["jwks_uri", (cli) => cli.id_token_claims()],
  ["pushed_authorization_request_endpoint", (cli) => cli.start_authorization()],
  [
    "device_authorization_endpoint",
    (_cli, oauth, record) =>
      oauth.device_flow.device_flow(record, { client_id: "app", storage: oauth.storage.memory() }),
  ],
];

describe("an endpoint that only the metadata named", () => {
  const targets = [privateAddress, "169.254.169.254", "127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:5"];
  test.each(
    calls.flatMap(([endpoint, call]) => targets.map((address) => [endpoint, address, call] as const)),
  )("is not called at a special address: %s at %s", async (endpoint, address, call) => {
    const oauth = await node({ [endpoint]: "https://inner.example/latest" });
    oauth.names.set("inner.example", address);
    const record = await oauth.providers.discover(issuer);
    expect(record.discovered_hosts).toEqual(["inner.example"]);
    for (const same of [
      record,
      JSON.parse(JSON.stringify(record)) as ProviderRecord,
      { ...record, label: "Mine" },
      oauth.providers.custom(record, { label: "Mine" }),
    ]) {
      await expect(call(loggedIn(oauth, same), oauth, same)).rejects.toMatchObject({ code: "HARN-OAU-004" });
    }
    expect(new Set(oauth.dialled)).toEqual(new Set([`${publicAddress}:443`]));
  });

  test("is not revoked at either", async () => {
    const oauth = await node({ revocation_endpoint: "https://inner.example/revoke" });
    const result = await loggedIn(oauth, await oauth.providers.discover(issuer)).revoke();
    expect(result.remote).not.toBe("revoked");
    expect(new Set(oauth.dialled)).toEqual(new Set([`${publicAddress}:443`]));
  });

  test("is not called when its public name turns private", async () => {
    const oauth = await node({ token_endpoint: "https://turns.example/t" });
    const cli = loggedIn(oauth, await oauth.providers.discover(issuer));
    oauth.names.set("turns.example", privateAddress);
    await expect(cli.refresh()).rejects.toMatchObject({ code: "HARN-OAU-004" });
    expect(oauth.dialled).not.toContain(`${privateAddress}:443`);
  });

  test("is called at a public address", async () => {
    const oauth = await node({ token_endpoint: "https://tokens.example/t" });
    const before = oauth.dialled.length;
    // The certificate is for another name: it was dialled.
    await expect(loggedIn(oauth, await oauth.providers.discover(issuer)).refresh()).rejects.toMatchObject({
      code: "HARN-OAU-003",
    });
    expect(oauth.dialled.slice(before)).toContain(`${publicAddress}:443`);
  });

  test("leaves an event when it is refused", async () => {
    const oauth = await node({ token_endpoint: "https://inner.example/t" });
    const cli = loggedIn(oauth, await oauth.providers.discover(issuer));
    await expect(cli.refresh()).rejects.toThrow("requests may not go to this address");
    expect(oauth.ports.eventLog.events()).toContainEqual(
      expect.objectContaining({
        topic: "runtime.audit",
        kind: "destination_refused",
        payload: { reason: "address_refused", origin: "https://inner.example" },
      }),
    );
  });
});

describe("a host that the code named", () => {
  const refused = async (oauth: Node, record: ProviderRecord) => {
    const error = (await loggedIn(oauth, record)
      .refresh()
      .catch((why: unknown) => why)) as { code: string };
    return { code: error.code, dialled: oauth.dialled.includes(`${privateAddress}:443`) };
  };
  const reached = { code: "HARN-OAU-003", dialled: true };

  test("as the issuer may have a private address, and its endpoints there as well", async () => {
    const oauth = await node({});
    const record = await oauth.providers.discover(issuer);
    expect("discovered_hosts" in record).toBe(false);
    oauth.names.set("idp.example", privateAddress);
    expect(await refused(oauth, record)).toEqual(reached);
  });

  test("in the option net may be led to", async () => {
    const oauth = await node({ token_endpoint: "https://inner.example/t" }, ["inner.example"]);
    expect(await refused(oauth, await oauth.providers.discover(issuer))).toEqual(reached);
  });

  test("in an override or a record of its own may be private", async () => {
    const oauth = await node({ token_endpoint: "https://tokens.example/t" });
    const record = await oauth.providers.oidc(issuer, { token_url: "https://inner.example/t" });
    expect(await refused(oauth, record)).toEqual(reached);
    const custom = await node({});
    expect(
      await refused(
        custom,
        custom.providers.custom({ auth_url: `${issuer}/a`, token_url: "https://inner.example/t" }),
      ),
    ).toEqual(reached);
  });

  test("is one with its port", async () => {
    const oauth = await node({ token_endpoint: `${issuer}:8443/t` });
    const record = await oauth.providers.discover(issuer);
    oauth.names.set("idp.example", privateAddress);
    await expect(loggedIn(oauth, record).refresh()).rejects.toMatchObject({ code: "HARN-OAU-004" });
  });
});

describe("an issuer that only a resource named", () => {
  test.each([privateAddress, "169.254.169.254", "127.0.0.1"])("is not asked at %s", async (address) => {
    const oauth = await node({ resource: issuer, authorization_servers: ["https://inner.example"] });
    oauth.names.set("inner.example", address);
    await expect(oauth.providers.discover_resource(issuer)).rejects.toMatchObject({ code: "HARN-OAU-004" });
    expect(oauth.dialled).toEqual([`${publicAddress}:443`]);
  });

  test("is asked when the code names it too", async () => {
    const oauth = await node({ resource: issuer, authorization_servers: ["https://inner.example"] });
    await expect(
      oauth.providers.discover_resource(issuer, { issuer: "https://inner.example" }),
    ).rejects.toMatchObject({ code: "HARN-OAU-003" });
    expect(oauth.dialled).toEqual([`${publicAddress}:443`, `${privateAddress}:443`]);
  });

  test("names nothing itself: its own endpoints must be public, those of the resource's host need not", async () => {
    const servers = { resource: issuer, authorization_servers: [issuer] };
    const oauth = await node({ ...servers, token_endpoint: "https://inner.example/t" });
    const record = await oauth.providers.discover_resource(issuer);
    expect(record.discovered_hosts).toEqual(["inner.example"]);
    await expect(loggedIn(oauth, record).refresh()).rejects.toMatchObject({ code: "HARN-OAU-004" });
    const same = await (await node(servers)).providers.discover_resource(issuer);
    expect("discovered_hosts" in same).toBe(false);
  });

  test("on this machine is named by a resource on this machine", async () => {
    const http = createServer((request, response) => {
      const { port } = http.address() as AddressInfo;
      const resource = `http://localhost:${port}`;
      const server = `http://127.0.0.1:${port}`;
      const isResource = request.url?.includes("protected-resource") === true;
      const metadata = isResource
        ? { resource, authorization_servers: [server] }
        : { issuer: server, authorization_endpoint: `${server}/a`, token_endpoint: `${server}/t` };
      response.setHeader("content-type", "application/json").end(JSON.stringify(metadata));
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    cleanup.push(() => new Promise((resolve) => void http.close(resolve)));
    const { port } = http.address() as AddressInfo;
    const oauth = createOAuth();
    cleanup.push(oauth.close);
    const record = await oauth.providers.discover_resource(`http://localhost:${port}`);
    expect(record.token_url).toBe(`http://127.0.0.1:${port}/t`);
  });
});
