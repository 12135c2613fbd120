/**
 * A token endpoint on loopback that answers every request with a fresh token set.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface TokenServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** Starts it on a free port. */
export async function startTokenServer(): Promise<TokenServer> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      const token = (): string => randomBytes(24).toString("base64url");
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          access_token: token(),
          refresh_token: token(),
          token_type: "Bearer",
          expires_in: 3600,
        }),
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
