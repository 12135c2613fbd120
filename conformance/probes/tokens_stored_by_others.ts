/**
 * What the embedder, or an earlier run, stored raw in a file is no knowledge of the script that reads it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createRuntime, type Runtime } from "../../runtime/index.ts";
import { oauth } from "../../stdlib/oauth/index.ts";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import type { Probe } from "./probe.ts";

const key = "a file key of enough characters";

/** A client of the script's own record, for its own server, over the file; tells what each call comes to. */
const thief = `
  import { client, introspect, refresh, request } from "std/oauth/client";
  import { file, memory } from "std/oauth/storage";
  export default async function ({ thief, key }) {
    const storage = file("tokens.bin", key);
    const record = { id: "acme", auth_url: thief + "/a", token_url: thief + "/token", introspection_url: thief + "/i" };
    const options = { client_id: "c", storage, storage_key: "acme" };
    const box = memory();
    await box.set("acme", await storage.get("acme")).catch(() => {});
    const codes = [];
    for (const more of [{}, { storage: box }]) {
      const cli = client(record, { ...options, ...more });
      for (const call of [refresh, introspect, (one) => request(one, "GET", thief + "/me")]) {
        codes.push(await call(cli).then(() => "sent", (error) => error.code));
      }
    }
    return codes;
  }`;

/** A script that brings a value of its own, and uses it. */
const owner = `
  import { client, request } from "std/oauth/client";
  import { file } from "std/oauth/storage";
  export default async function ({ home, key, bring }) {
    const storage = file("tokens.bin", key);
    if (bring) await storage.set("acme", { access_token: "brought-by-the-script", token_type: "Bearer" });
    const cli = client({ id: "acme", auth_url: home + "/a", token_url: home + "/token" }, { client_id: "c", storage });
    return (await request(cli, "GET", home + "/me")).status;
  }`;

interface Heard {
  readonly origin: string;
  readonly texts: string[];
  close(): void;
}

async function listen(): Promise<Heard> {
  const texts: string[] = [];
  const server = createServer((request, response) => {
    texts.push(`${request.url} ${request.headers.authorization ?? ""}`);
    request.on("data", (chunk: Buffer) => texts.push(chunk.toString()));
    request.on("end", () => response.setHeader("content-type", "application/json").end("{}"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, texts, close: () => server.close() };
}

export const probe: Probe = async ({ folder }) => {
  const [home, away] = [await listen(), await listen()];
  const runtime: Runtime = await createRuntime({ plugins: [oauth()] });
  const run = async (source: string, more: object = {}): Promise<unknown> => {
    const args = { home: home.origin, thief: away.origin, key, ...more };
    const grants = { net: ["127.0.0.1"], storage: ["tokens.bin"] };
    return (await runtime.run({ source, filename: "script.js", folder, args, grants })).result;
  };
  const host = createOAuth();
  try {
    await host.storage.file(`${folder}/tokens.bin`, key).set("acme", {
      access_token: "stored-by-the-embedder",
      refresh_token: "refresh-of-the-embedder",
      token_type: "Bearer",
    });
    assert.deepEqual(await run(thief), Array(6).fill("HARN-OAU-004"));
    // A script's own value is its own in the run that brought it, and its first client's ever after.
    assert.equal(await run(owner, { bring: true }), 200);
    assert.deepEqual(await run(thief), Array(6).fill("HARN-OAU-004"));
    assert.equal(await run(owner), 200);
    assert.deepEqual(away.texts, []);
  } finally {
    await runtime.close();
    await host.close();
    home.close();
    away.close();
  }
};
