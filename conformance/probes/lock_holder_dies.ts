/**
 * The process that refreshes is killed while its request is on its way: the next one, which waited, refreshes at once, and never beside it (F3).
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

const child = `${childHead}
const [origin, path] = process.argv.slice(2);
const { client, storage } = createOAuth();
const provider = { id: "acme", auth_url: origin + "/authorize", token_url: origin + "/token" };
const cli = client.client(provider, { client_id: "client-1", storage: storage.file(path, ${JSON.stringify(key)}) });
await client.token(cli);
`;

export const probe: Probe = async ({ folder }) => {
  const path = join(folder, "tokens.bin");
  const events: string[] = [];
  let arrived = (): void => {};
  const first = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  // The first request is never answered, and so nothing is rotated for it.
  const server = createServer((request, response) => {
    request.resume();
    request.once("end", () => {
      events.push("request");
      if (events.length === 1) return arrived();
      response.writeHead(200, { "content-type": "application/json" });
      const set = { access_token: "second-access", refresh_token: "second-refresh", token_type: "Bearer" };
      response.end(JSON.stringify({ ...set, expires_in: 3600 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { client, storage, close } = createOAuth();
  try {
    const store = storage.file(path, key);
    const issued = Math.floor(Date.now() / 1000) - 3700;
    const old = { access_token: "first-access", refresh_token: "first-refresh", token_type: "Bearer" };
    const times = { issued_at_unix: issued, expires_in: 3600, expires_at_unix: issued + 3600 };
    await store.set("acme", { ...old, ...times });
    const holder = await startModule(folder, child, [origin, path]);
    const end = ended(holder);
    await Promise.race([
      first,
      end.then(({ stderr }) => assert.fail(`the holder ended by itself: ${stderr}`)),
    ]);

    const provider = { id: "acme", auth_url: `${origin}/authorize`, token_url: `${origin}/token` };
    const waiter = client.token(client.client(provider, { client_id: "client-1", storage: store }));
    // Time enough for a request beside the holder's.
    await new Promise((resolve) => setTimeout(resolve, 500));
    events.push("killed");
    holder.kill("SIGKILL");
    assert.equal((await end).code, null);
    const killed = performance.now();
    assert.equal(await waiter, "second-access");
    assert.ok(performance.now() - killed < 5_000, "the lock was not freed within seconds");
    assert.deepEqual(events, ["request", "killed", "request"]);
  } finally {
    await close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
};
