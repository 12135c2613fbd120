/**
 * A device flow that is cancelled while a poll is on its way (H15): the caller is free at once; the tokens that then arrive
 * are revoked, refresh token first, and not stored.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import type { Probe } from "./probe.ts";

export const probe: Probe = async () => {
  let arrive = (): void => {};
  let letGo = (): void => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const revoked: (string | null)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => void answer(request.url ?? "", Buffer.concat(chunks).toString()).then(send));
    const send = (body: unknown): void => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    };
  });
  async function answer(path: string, body: string): Promise<unknown> {
    switch (path) {
      case "/device":
        return {
          device_code: "late-device-code",
          user_code: "ABCD-EFGH",
          verification_uri: `${origin}/go`,
          expires_in: 900,
        };
      case "/token":
        arrive();
        await gone;
        return { access_token: "late-access", refresh_token: "late-refresh", token_type: "Bearer" };
      default:
        revoked.push(new URLSearchParams(body).get("token"));
        return {};
    }
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = { now: () => Date.now(), monotonic: () => performance.now(), sleep: async () => {} };
  const { close, device_flow, storage } = createOAuth({ clock });
  const store = storage.memory();
  const provider = {
    id: "acme",
    auth_url: `${origin}/authorize`,
    token_url: `${origin}/token`,
    device_code_url: `${origin}/device`,
    revoke_url: `${origin}/revoke`,
  };
  try {
    const options = { client_id: "client-1", storage: store, on_user_code: () => {} };
    const cancelled = assert.rejects(device_flow.device_flow(provider, options), { code: "HARN-OAU-003" });
    await arrived;
    const closing = close();
    await cancelled;
    letGo();
    await closing;
    assert.deepEqual(revoked, ["late-refresh", "late-access"]);
    assert.equal(await store.get("acme"), null);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
};
