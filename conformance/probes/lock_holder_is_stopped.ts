/**
 * A process is stopped while it refreshes: others use the old token while it works, nothing is sent beside it, and when it
 * goes on its answer counts (F85).
 *
 * @module
 */

import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import { childHead, ended, startModule } from "./child.ts";
import type { Probe } from "./probe.ts";

const key = "a key of enough characters";

const child = `${childHead}
const [origin, path] = process.argv.slice(2);
const { client, storage, close } = createOAuth();
const provider = { id: "acme", auth_url: origin + "/authorize", token_url: origin + "/token" };
const cli = client.client(provider, { client_id: "client-1", storage: storage.file(path, ${JSON.stringify(key)}) });
process.stdout.write(await client.refresh(cli).then(({ access_token }) => access_token, ({ code }) => code));
await close();
`;

export const probe: Probe = async ({ folder }) => {
  const path = join(folder, "tokens.bin");
  let requests = 0;
  let arrived: ((response: ServerResponse) => void) | undefined;
  const first = new Promise<ServerResponse>((resolve) => {
    arrived = resolve;
  });
  const server = createServer((request, response) => {
    request.resume();
    request.once("end", () => {
      requests += 1;
      arrived?.(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { client, storage, close } = createOAuth();
  let resume = (): void => {};
  try {
    const store = storage.file(path, key);
    const issued = Math.floor(Date.now() / 1000) - 2800;
    const old = { access_token: "first-access", refresh_token: "first-refresh", token_type: "Bearer" };
    const times = { issued_at_unix: issued, expires_in: 3600, expires_at_unix: issued + 3600 };
    await store.set("acme", { ...old, ...times });
    const holder = await startModule(folder, child, [origin, path]);
    resume = () => void holder.kill("SIGCONT");
    const end = ended(holder);
    const response = await Promise.race([
      first,
      end.then(({ stderr }) => assert.fail(`the holder ended by itself: ${stderr}`)),
    ]);
    holder.kill("SIGSTOP");

    const provider = { id: "acme", auth_url: `${origin}/authorize`, token_url: `${origin}/token` };
    const cli = client.client(provider, { client_id: "client-1", storage: store, timeout: 0.3 });
    assert.equal(await client.token(cli), "first-access");
    await assert.rejects(() => client.refresh(cli), { code: "HARN-OAU-003", retryable: true });
    assert.equal(requests, 1, "a request was sent beside the holder's");

    response.writeHead(200, { "content-type": "application/json" });
    const set = { access_token: "second-access", refresh_token: "second-refresh", token_type: "Bearer" };
    response.end(JSON.stringify({ ...set, expires_in: 3600 }));
    resume();
    assert.deepEqual(await end, { code: 0, stdout: "second-access", stderr: "" });
    assert.equal(await client.token(cli), "second-access");
    assert.equal(requests, 1);
  } finally {
    resume();
    await close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
};
