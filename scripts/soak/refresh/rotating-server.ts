/**
 * A token endpoint that rotates refresh tokens and ends the grant of one that comes again, with a resource behind it that takes note of
 * every access token it is shown. It keeps books, and it damages answers.
 *
 * `POST /token?from=<worker>` is RFC 6749 §6; `GET /api/<account>` takes the access token as a bearer token. A request whose client is
 * gone is acted on all the same, as servers do. Within the grace period a spent token gives another successor, and all of them work.
 *
 * @module
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { type AnswerFault, drawFault, sendDamaged, sendWhole } from "./answer-faults.ts";
import { GrantBooks, type Presentation } from "./grants.ts";

/** How the server behaves. */
export interface RotatingServerOptions {
  /** How long a spent refresh token works again, in ms; 0 is strict. */
  readonly graceMs: number;
  /** The share of each kind of damaged answer. */
  readonly faultShare: number;
  /** Seconds that an access token lives. */
  readonly expiresIn: number;
  readonly random: Random;
  /** A refresh was granted; its answer is not on its way yet. */
  readonly onCommit?: (presentation: Presentation) => void;
}

export interface RotatingServer {
  readonly origin: string;
  readonly books: GrantBooks;
  /** How often each damage was done. */
  readonly damaged: ReadonlyMap<AnswerFault, number>;
  /** From now on every answer is whole and prompt. Resolves when the requests before are over. */
  calm(): Promise<void>;
  close(): Promise<void>;
}

/** Longest times in ms: the server's work before the commit, and until it answers. */
const [workMs, answerMs] = [8, 8];
/** What is slow takes from a fifth of this to all of it, in ms. */
const slowMs = 1_500;

/** Starts it on a free port of the loopback. */
export async function startRotatingServer(options: RotatingServerOptions): Promise<RotatingServer> {
  const { random, expiresIn, onCommit } = options;
  const books = new GrantBooks(options.graceMs);
  const damaged = new Map<AnswerFault, number>();
  const underWay = new Set<Promise<void>>();
  let faultShare = options.faultShare;

  const refused = (response: ServerResponse): void => sendWhole(response, '{"error":"invalid_grant"}', 400);

  async function refresh(request: IncomingMessage, response: ServerResponse, worker: number): Promise<void> {
    const set = books.find(new URLSearchParams(await bodyOf(request)).get("refresh_token") ?? "");
    if (set === null) {
      books.strangers += 1;
      refused(response);
      return;
    }
    const fault = faultShare === 0 ? null : drawFault(random, faultShare);
    if (fault !== null) damaged.set(fault, (damaged.get(fault) ?? 0) + 1);
    const arrivedAt = performance.now();
    const presentation: Presentation = { worker, set, fault, arrivedAt, committedAt: null, successor: null };
    books.arrive(presentation);
    response.once("close", () => books.leave(presentation));
    const slow = slowMs * (0.2 + 0.8 * random());
    const [work, answer] = [random() * workMs, random() * answerMs];
    await sleep(fault === "slow_before" ? slow : work);
    if (fault === "unavailable" || fault === "reset_before") {
      sendDamaged(response, "", fault);
      books.leave(presentation);
      return;
    }
    const successor = books.commit(presentation);
    if (successor !== null) onCommit?.(presentation);
    await sleep(fault === "slow_after" ? slow : answer);
    if (successor === null) refused(response);
    else {
      const { access_token, refresh_token } = successor;
      const set = { access_token, refresh_token, token_type: "Bearer", expires_in: expiresIn };
      if (fault === null) sendWhole(response, JSON.stringify(set));
      else sendDamaged(response, JSON.stringify(set), fault);
    }
    if (fault !== "truncated" && fault !== "gzip_bomb") books.leave(presentation);
  }

  function api(request: IncomingMessage, response: ServerResponse, account: number): void {
    request.resume();
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    sendWhole(response, "{}", books.show(token, account) ? 200 : 401);
  }

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    response.on("error", () => {});
    const [, account] = /^\/api\/(\d+)$/.exec(pathname) ?? [];
    if (account !== undefined) return api(request, response, Number(account));
    const work: Promise<void> = refresh(request, response, Number(searchParams.get("from")))
      // Its client went away before it had sent everything.
      .catch(() => void response.destroy())
      .finally(() => underWay.delete(work));
    underWay.add(work);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    books,
    damaged,
    async calm() {
      faultShare = 0;
      await Promise.all(underWay);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8") as AsyncIterable<string>) body += chunk;
  return body;
}
