import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { std } from "../runtime/std/index.ts";
import { formsOf } from "../scripts/demo/proof.ts";
import { createOAuth, oauth } from "../stdlib/oauth/node.ts";
import { type Mode, openMode } from "./modes.test.support.ts";
import { common, type Peers, type Recorder, startPeers, startRecorder } from "./peers.test.support.ts";

let peers: Peers;
let echo: Recorder;
let mode: Mode;
let args: Record<string, string>;
beforeAll(async () => {
  peers = await startPeers();
  echo = await startRecorder();
  const { clientId, clientSecret } = peers.server.clients.confidentialClient;
  mode = await openMode("guest", {
    env: { CLIENT_SECRET: { secret: clientSecret ?? "", origins: [peers.server.issuer] } },
    limits: { result: 16 * 1024 * 1024, memory: 128 * 1024 * 1024, cpu: 10_000 },
  });
  args = {
    ...peers.args,
    client_id: clientId,
    redirect_uri: peers.server.confidentialRedirectUri,
    device_client: peers.server.clients.deviceClient.clientId,
    echo: echo.origin,
  };
});
afterAll(async () => {
  await mode.close();
  await echo.close();
  await peers.close();
});

/** All std modules but the one for tests, which reaches no network. */
const specifiers = modulesForScripts().filter((specifier) => specifier !== "std/testing");

function modulesForScripts(): string[] {
  const { ports } = createOAuth();
  return [std(), oauth()].flatMap((plugin) => Object.keys(plugin.modules(ports)));
}

/** Calls every function of every std module, and answers all that any of them let it see. */
const everything = `${common}
${specifiers.map((specifier, index) => `import * as module${index} from "${specifier}";`).join("\n")}

const called = new Set<string>();
const seen: unknown[] = [];

const show = (value: any): any => {
  if (!(value instanceof Error)) return value;
  const own = Object.getOwnPropertyNames(value).map((name) => [name, (value as any)[name]]);
  return { text: String(value), own };
};
const keep = (value: any) => { seen.push(show(value)); return value; };

/** The functions of a module, each of which notes that it was called and what came of it. */
const watched = (name: string, module: Record<string, any>): Record<string, any> =>
  Object.fromEntries(Object.entries(module).map(([member, fn]) => [member, (...given: any[]) => {
    called.add(name + "#" + member);
    try {
      const value = fn(...given);
      if (!(value instanceof Promise)) return keep(value);
      value.then(keep, keep);
      return value;
    } catch (error) {
      keep(error);
      throw error;
    }
  }]));
const attempt = async (body: () => unknown) => { try { return await body(); } catch { return null; } };

const modules: Record<string, Record<string, any>> = {
  ${specifiers.map((specifier, index) => `"${specifier.replace(/^std\/(oauth\/)?/, "")}": module${index}`).join(", ")}
};
const std: Record<string, Record<string, any>> = Object.fromEntries(
  Object.entries(modules).map(([name, module]) => [name, watched(name, module)]),
);

export default async (args: any) => {
  const rows = new Map();
  const storage = std.storage.custom({
    get: (...given: any[]) => { keep(given); return rows.get(given[0]) ?? null; },
    set: (...given: any[]) => { keep(given); rows.set(given[0], given[1]); },
    delete: (...given: any[]) => { keep(given); rows.delete(given[0]); },
    with_refresh_lock: async (...given: any[]) => keep([given[0], await given[1]()]),
  });
  const acme = provider(args, { resource_origins: [args.api, args.echo] });
  const client_secret = std.env.env("CLIENT_SECRET");
  const more = { client_secret, token_auth_method: "client_secret_basic", redirect_uri: args.redirect_uri };
  const cli = std.client.client(acme, { client_id: args.client_id, storage, ...more });
  const begun = await std.client.start_authorization(cli);
  const answer = await asked(args, "authorize", begun.url);
  const set = await std.client.exchange_callback(cli, begun, answer);
  await attempt(() => std.client.exchange_callback(cli, begun, answer));
  const other = await std.client.start_authorization(cli);
  const back = new URL(await asked(args, "authorize", other.url)).searchParams;
  await attempt(() => std.client.exchange_code(cli, other, back.get("code"), back.get("state")));
  await attempt(() => std.client.exchange_code(cli, other, "wrong", "wrong"));
  const sealed = await std.client.token(cli);
  await std.client.refresh(cli);
  const current = await std.client.current_token(cli);
  keep([cli, begun, set, sealed, current, [...rows]]);

  // What servers say back.
  await std.client.request(cli, "GET", args.echo + "/");
  await attempt(() => std.client.request(cli, "GET", args.api + "/nothing"));
  await attempt(() => std.client.request(cli, "GET", "https://elsewhere.example/" + sealed));
  const headers = { authorization: "Bearer " + (await std.client.token(cli)) };
  await std.http.http_request("GET", args.echo + "/", { headers });
  await std.http.http_get(args.echo + "/", { headers, as: "bytes" });
  await std.http.http_post(args.echo + "/", sealed, { headers });
  await attempt(() => std.http.http_get(args.issuer + "/" + sealed, { headers }));

  // Storages, with their own locks.
  for (const store of [std.storage.memory(), std.storage.storage?.(), std.storage.file(args.store, args.store_key)]) {
    if (!store) continue;
    await attempt(() => store.set("acme", current).then(keep, keep));
    await attempt(() => store.get("acme").then(keep, keep));
    await attempt(() => store.with_refresh_lock("acme", () => store.get("acme")).then(keep, keep));
    await attempt(() => store.set("other", current).then(keep, keep));
    await attempt(() => store.delete("acme").then(keep, keep));
  }
  for (const name of Object.keys(std.providers)) await attempt(() => std.providers[name]("acme.example", {}));

  await std.device_flow.device_flow(provider(args), {
    client_id: args.device_client, storage, storage_key: "device",
    on_user_code: async (...given: any[]) => {
      keep(given);
      await http_get(args.person + "/device?answer=allow&user_code=" + given[0]);
    },
  });

  // Everything seen so far, through each function that takes text or data.
  const whole = JSON.stringify(seen);
  for (const name of Object.keys(std.log)) await attempt(() => std.log[name](whole.slice(0, 50_000), { current, sealed }));
  for (const name of Object.keys(std.redaction)) {
    if (name !== "register_pattern") await attempt(() => std.redaction[name](whole));
  }
  await attempt(() => std.redaction.register_pattern("word", "[a-z]{5}"));
  await attempt(() => std.redaction.clear_custom_patterns());
  for (const name of Object.keys(std.crypto)) {
    await attempt(() => std.crypto[name](name === "random_bytes" ? 8 : sealed, sealed));
  }
  for (const name of Object.keys(std.json)) await attempt(() => std.json[name](whole));
  for (const name of Object.keys(std.url)) await attempt(() => std.url[name](args.api + "/?t=" + sealed, "search", sealed));
  await attempt(() => std.url.form_encode({ sealed }));
  std.events.emit("mine", "kind", { current, sealed, set });
  std.events.latest("mine");
  std.time.now();
  await std.time.sleep(1);
  for (const topic of ["mine", "oauth.client.audit", "oauth.device_flow.audit", "runtime.audit"]) {
    for await (const event of std.events.subscribe({ topic })) keep(event);
  }

  // What this script does not know yet gets what it might take.
  for (const [name, module] of Object.entries(std)) {
    for (const member of Object.keys(module)) {
      if (called.has(name + "#" + member) || name + "#" + member === "client#revoke") continue;
      for (const given of [[cli], [acme, { client_id: args.client_id, storage, client_secret }], [{}], [sealed, sealed]]) {
        keep(await attempt(() => module[member](...given)));
      }
    }
  }

  await attempt(() => std.client.revoke(cli));
  await attempt(() => std.client.token(cli));
  const uncalled = Object.entries(modules).flatMap(([name, module]) =>
    Object.keys(module).map((member) => name + "#" + member).filter((member) => !called.has(member)));
  if (args.fail) throw Object.assign(new Error(whole), { details: { seen } });
  return { uncalled, text: JSON.stringify(seen), seen };
};
`;

/** Kinds and forms of the credentials that occur in a text. An authorization code passes through the script itself. */
function leaks(text: string): string[] {
  return peers.server.credentials
    .filter(({ kind }) => kind !== "code")
    .flatMap(({ kind, value }) =>
      [...formsOf(value)].filter(([, form]) => text.includes(form)).map(([form]) => `${kind} ${form}`),
    );
}

describe("without reveal", () => {
  test("nothing that any std function shows holds a token", async () => {
    const { uncalled, ...shown } = (await mode.run(everything, {
      args: { ...args, ...storeArgs() },
    })) as { uncalled: string[]; text: string; seen: unknown[] };
    expect(uncalled).toEqual([]);
    expect(shown.seen.length).toBeGreaterThan(100);
    expect(leaks(JSON.stringify(shown))).toEqual([]);
    expect(leaks(JSON.stringify(mode.events))).toEqual([]);
    expect(leaks(mode.logs.join("\n"))).toEqual([]);
    const kinds = new Set(peers.server.credentials.map(({ kind }) => kind));
    for (const kind of [
      "access_token",
      "refresh_token",
      "id_token",
      "device_code",
      "code_verifier",
    ] as const) {
      expect(kinds).toContain(kind);
    }
    // The echo did get real tokens; the script did not see them.
    expect(leaks(echo.bytes())).toContain("access_token raw");
    expect(shown.text).toContain("<redacted:access_token:");
  });

  test("an error that carries all of it holds no token", async () => {
    const error = await mode
      .run(everything, { args: { ...args, ...storeArgs(), fail: "yes" } })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    const { message, stack, details } = error as Error & { details: unknown };
    expect(message).toContain("hfs1.");
    expect(leaks(JSON.stringify([message, stack, String(error), details]))).toEqual([]);
  });
});

describe("with reveal", () => {
  test("tokens are real, and one event says that the run could see them", async () => {
    const from = mode.events.length;
    const shown = (await mode.run(everything, {
      args: { ...args, ...storeArgs() },
      grants: { reveal: true },
    })) as { text: string };
    // Not the client secret: the embedder sealed it, and nor the device code, which no function answers.
    const kinds = new Set(leaks(shown.text).map((leak) => leak.split(" ")[0]));
    for (const kind of ["access_token", "refresh_token", "id_token", "code_verifier"])
      expect(kinds).toContain(kind);
    expect(shown.text).not.toContain("hfs1.");
    expect(mode.events.slice(from).filter(({ kind }) => kind === "reveal_granted")).toMatchObject([
      { topic: "runtime.audit", payload: { script: "pipeline.ts" } },
    ]);
    expect(leaks(JSON.stringify(mode.events))).toEqual([]);
    expect(leaks(mode.logs.join("\n"))).toEqual([]);
  });
});

function storeArgs(): Record<string, string> {
  const { store = "", store_key = "" } = peers.withStore();
  return { store, store_key };
}
