/**
 * Receives the redirect of a login and hands its URL to the script that waits for it.
 *
 * @module
 */

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { page } from "../peers/pages.ts";

export interface Inbox {
  /** The redirect URI. */
  readonly callback: string;
  /** `GET <inbox>?state=…` waits and answers with the redirect URL as text. */
  readonly inbox: string;
  close(): Promise<void>;
}

/** Starts it on 127.0.0.1 at a free port. */
export async function startInbox(): Promise<Inbox> {
  const arrived = new Map<string, string>();
  const waiting = new Map<string, ServerResponse>();
  let origin = "";

  const hand = (state: string): void => {
    const url = arrived.get(state);
    const response = waiting.get(state);
    if (url === undefined || response === undefined) return;
    arrived.delete(state);
    waiting.delete(state);
    response.writeHead(200, { "content-type": "text/plain" }).end(url);
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", origin);
    const state = url.searchParams.get("state") ?? "";
    if (url.pathname === "/callback") {
      arrived.set(state, url.href);
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      response.end(page("Thank you", "<p>You can close this page and go back to the terminal.</p>"));
    } else if (url.pathname === "/inbox") {
      waiting.set(state, response);
    } else {
      response.writeHead(404).end();
    }
    hand(state);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    callback: `${origin}/callback`,
    inbox: `${origin}/inbox`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
