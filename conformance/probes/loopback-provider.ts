/**
 * A provider and its API on one loopback socket, for the processes of a probe.
 *
 * @module
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface LoopbackProvider {
  readonly origin: string;
  /** The paths that were asked for. */
  readonly paths: readonly string[];
  /** Every token that was given out. */
  readonly tokens: readonly string[];
  close(): Promise<void>;
}

/** Starts it. Every request gets a new access and refresh token. */
export async function loopbackProvider(): Promise<LoopbackProvider> {
  const paths: string[] = [];
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    request.once("end", () => {
      const number = paths.push(request.url ?? "");
      const [access_token, refresh_token] = [
        `loopback-access-${number}-token`,
        `loopback-refresh-${number}-token`,
      ];
      tokens.push(access_token, refresh_token);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ access_token, refresh_token, token_type: "Bearer", expires_in: 3600 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    tokens,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
