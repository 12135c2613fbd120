/**
 * The error of a broken refresh, in whichever way it broke, holds nothing of the request, the socket or the answer.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import { leakIn } from "../secrets.ts";
import type { Probe } from "./probe.ts";
import { textsOf } from "./texts-of.ts";

const secrets = ["refresh-token-of-the-row", "access-token-of-the-row", "client-secret-of-the-row"];

/** What the server does once the request is there. */
const ways: Readonly<Record<string, (socket: Socket) => void>> = {
  reset: (socket) => socket.resetAndDestroy(),
  close: (socket) => socket.end(),
  garbage: (socket) => socket.end(`SSH-2.0 ${secrets.join(" ")}\r\n\r\n`),
  "an answer that ends early": (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"),
  "a head without end": (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${"h".repeat(100_000)}`),
  "a broken encoding": (socket) =>
    socket.end("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\n{"),
  silence: () => {},
};

export const probe: Probe = async () => {
  for (const [name, answer] of Object.entries(ways)) {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => answer(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await judge(name, port);
    server.close();
    // And once more where nobody listens.
    if (name === "reset") await judge("refused", port);
  }
};

async function judge(name: string, port: number): Promise<void> {
  const oauth = createOAuth({ egress: { limits: { totalMs: 250 } } });
  try {
    const storage = oauth.storage.memory();
    const origin = `http://127.0.0.1:${port}`;
    const cli = oauth.client.client(
      { id: "acme", auth_url: `${origin}/authorize`, token_url: `${origin}/token` },
      { client_id: "client-1", client_secret: "client-secret-of-the-row", storage },
    );
    await storage.set("acme", {
      access_token: "access-token-of-the-row",
      refresh_token: "refresh-token-of-the-row",
      token_type: "Bearer",
      expires_at_unix: 1,
    });
    const error: unknown = await cli.refresh().then(
      () => assert.fail(`${name}: it was refreshed`),
      (thrown: unknown) => thrown,
    );
    assert.match(String(error), /^HARN-OAU-00[36]: /, name);
    assert.equal((error as Error).cause, undefined, `${name}: its error has a cause`);
    for (const text of textsOf(error)) {
      assert.equal(leakIn(text, secrets), null, `${name}: its error shows a secret`);
      assert.doesNotMatch(
        text,
        /SSH-2\.0|grant_type|hhhhh/,
        `${name}: its error shows what was sent or answered`,
      );
    }
  } finally {
    await oauth.close();
  }
}
