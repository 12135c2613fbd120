/**
 * A process that dies after the provider has rotated and before the new tokens are stored (F7): its successors use the old
 * access token while it works, present the used refresh token once after that, and then say that consent is needed.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import { childHead, ended, startModule } from "./child.ts";
import type { Probe } from "./probe.ts";

const key = "a key of enough characters";

/** Prints what ten calls, one after another, come to. Arguments: origin, path, seconds that have passed, whether it dies. */
const child = `${childHead}
const [, , origin, path, passed, dies] = process.argv;
const clock = {
  now: () => Date.now() + Number(passed) * 1000,
  monotonic: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
const { http } = createOAuth().ports;
const dying = {
  async send(request) {
    await http.send(request);
    process.kill(process.pid, "SIGKILL");
    await new Promise(() => {});
  },
};
const { client, storage, close } = createOAuth({ clock, ...(dies === "dies" ? { http: dying } : {}) });
const provider = {
  id: "acme",
  auth_url: origin + "/authorize",
  token_url: origin + "/token",
  refresh_handling: { rotates_refresh_token: true, reuse: "strict" },
};
const cli = client.client(provider, { client_id: "client-1", storage: storage.file(path, ${JSON.stringify(key)}) });
const outcomes = new Set();
for (let call = 0; call < 10; call += 1)
  outcomes.add(await (dies === "dies" ? client.refresh(cli) : client.token(cli)).catch(({ code }) => code));
process.stdout.write([...outcomes].join());
await close();
`;

export const probe: Probe = async ({ folder }) => {
  const path = join(folder, "tokens.bin");
  let presented = 0;
  // It rotates, and a token that comes twice is a theft.
  const server = createServer((request, response) => {
    request.resume();
    request.once("end", () => {
      presented += 1;
      response.writeHead(presented === 1 ? 200 : 400, { "content-type": "application/json" });
      const set = { access_token: "second-access", refresh_token: "second-refresh", token_type: "Bearer" };
      response.end(JSON.stringify(presented === 1 ? set : { error: "invalid_grant" }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { storage, close } = createOAuth();
  const run = async (
    passed: number,
    dies: "dies" | "lives",
  ): Promise<{ code: number | null; said: string }> => {
    const started = await startModule(folder, child, [origin, path, String(passed), dies]);
    const { code, stdout, stderr } = await ended(started);
    assert.equal(stderr, "");
    return { code, said: stdout };
  };
  try {
    const now = Math.floor(Date.now() / 1000);
    const first = { access_token: "first-access", refresh_token: "first-refresh", token_type: "Bearer" };
    const times = { issued_at_unix: now - 2800, expires_in: 3600, expires_at_unix: now + 800 };
    await storage.file(path, key).set("acme", { ...first, ...times });

    assert.deepEqual(await run(0, "dies"), { code: null, said: "" });
    assert.equal(presented, 1);
    assert.deepEqual(await run(0, "lives"), { code: 0, said: "first-access" });
    assert.equal(presented, 1, "the used token was presented while the access token works");
    assert.deepEqual(await run(1000, "lives"), { code: 0, said: "HARN-OAU-002" });
    assert.equal(presented, 2, "the used token was presented once more than it had to");
  } finally {
    await close();
    await new Promise((resolve) => server.close(resolve));
  }
};
