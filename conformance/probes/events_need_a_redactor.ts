/**
 * Events go to a file only through a redactor, and the file is for its owner alone.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { createRuntime, jsonlSink } from "../../runtime/index.ts";
import { createOAuth, oauth } from "../../stdlib/oauth/node.ts";
import { leakIn } from "../secrets.ts";
import { loopbackProvider } from "./loopback-provider.ts";
import type { Probe } from "./probe.ts";

const login = `
import { emit } from "std/events";
import { log } from "std/log";
import { client, exchange_code, start_authorization, token } from "std/oauth/client";
import { memory } from "std/oauth/storage";
export default async ({ origin }) => {
  const record = { id: "acme", auth_url: origin + "/authorize", token_url: origin + "/token" };
  const cli = client(record, { client_id: "c1", storage: memory(), redirect_uri: "http://127.0.0.1/cb" });
  const begun = await start_authorization(cli);
  const set = await exchange_code(cli, begun, "code-of-this-row", begun.state);
  log("the token is " + set.access_token, set);
  emit("mine", set.access_token, { [set.refresh_token]: btoa(set.access_token), set });
  throw new Error("failed with " + (await token(cli)));
};`;

export const probe: Probe = async ({ folder }) => {
  const path = join(folder, "events.jsonl");
  await assert.rejects(async () => await createRuntime({ events: [jsonlSink(path)] }), {
    code: "HARN-RUN-010",
  });
  assert.equal(await readFile(path, "utf8"), "");

  const provider = await loopbackProvider();
  const runtime = await createRuntime({ plugins: [oauth()], events: [jsonlSink(path)] });
  const own = createOAuth({ sinks: [jsonlSink(path)] });
  try {
    const request = {
      source: login,
      filename: "pipeline.js",
      args: { origin: provider.origin },
      grants: { net: ["127.0.0.1"], reveal: true },
    };
    await assert.rejects(() => runtime.run(request), /failed with/);
    // The same from Node, where tokens are real too.
    const [access_token] = provider.tokens;
    own.ports.redactor.register(access_token ?? "", "access_token");
    own.ports.log.write("info", `the token is ${access_token ?? ""}`);
  } finally {
    await runtime.close();
    await own.close();
    await provider.close();
  }
  const text = await readFile(path, "utf8");
  assert.match(text, /reveal_granted/);
  assert.match(text, /<redacted:access_token:/);
  assert.equal(leakIn(text, provider.tokens), null);
  assert.equal(((await stat(path)).mode & 0o777).toString(8), "600");
};
