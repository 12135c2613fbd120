/**
 * Processes that find one stale token at the same time spend its refresh token once, and all get its successor (F2).
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import { childHead, ended, startModule } from "./child.ts";
import type { Probe } from "./probe.ts";

const key = "a key of enough characters";
const processes = 8;

/** Begins when the file `go` is there, so that all begin together. Arguments: origin, path. */
const child = `${childHead}
import { existsSync, writeFileSync } from "node:fs";
const [origin, path] = process.argv.slice(2);
const { client, storage, close } = createOAuth();
const provider = {
  id: "acme", auth_url: origin + "/authorize", token_url: origin + "/token",
  refresh_handling: { rotates_refresh_token: true, reuse: "strict" },
};
const cli = client.client(provider, { client_id: "client-1", storage: storage.file(path, ${JSON.stringify(key)}) });
writeFileSync("ready", "");
while (!existsSync("../go")) await new Promise((resolve) => setTimeout(resolve, 5));
process.stdout.write(await client.token(cli).catch(({ code }) => code));
await close();
`;

export const probe: Probe = async ({ folder }) => {
  const path = join(folder, "tokens.bin");
  const presented: string[] = [];
  // It rotates, and a token that comes twice is a theft. It answers late, so that every process has seen the old token.
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.once("end", () => {
      presented.push(new URLSearchParams(body).get("refresh_token") ?? "");
      const good = presented.length === 1;
      const set = { access_token: "second-access", refresh_token: "second-refresh", token_type: "Bearer" };
      const answer = good ? { ...set, expires_in: 3600 } : { error: "invalid_grant" };
      setTimeout(() => {
        response.writeHead(good ? 200 : 400, { "content-type": "application/json" });
        response.end(JSON.stringify(answer));
      }, 400);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { storage, close } = createOAuth();
  try {
    const issued = Math.floor(Date.now() / 1000) - 3700;
    const first = { access_token: "first-access", refresh_token: "first-refresh", token_type: "Bearer" };
    const times = { issued_at_unix: issued, expires_in: 3600, expires_at_unix: issued + 3600 };
    await storage.file(path, key).set("acme", { ...first, ...times });
    const rooms = Array.from({ length: processes }, (_, n) => join(folder, `process-${n}`));
    const children = await Promise.all(
      rooms.map(async (room) => {
        await mkdir(room);
        const started = await startModule(room, child, [origin, path]);
        return { room, started, end: ended(started) };
      }),
    );
    const isReady = (): boolean =>
      children.every(({ room, started }) => started.exitCode !== null || existsSync(join(room, "ready")));
    while (!isReady()) await new Promise((resolve) => setTimeout(resolve, 10));
    await writeFile(join(folder, "go"), "");
    for (const { code, stdout, stderr } of await Promise.all(children.map(({ end }) => end)))
      assert.deepEqual([code, stdout, stderr], [0, "second-access", ""]);
    assert.deepEqual(presented, ["first-refresh"], "the refresh token was spent more than once");
  } finally {
    await close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
};
