/**
 * What is done to the answers of the token server.
 *
 * @module
 */

import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { Random } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";

/** Of these, `unavailable`, `reset_before` and `slow` lose no answer; the others do. */
export const answerFaults = [
  "unavailable",
  "reset_before",
  "reset_after",
  "slow_before",
  "slow_after",
  "truncated",
  "garbage",
  "gzip_bomb",
] as const;

export type AnswerFault = (typeof answerFaults)[number];

/** The tokens that such an answer brings cannot be had again at a strict server. */
export const losesAnswer: ReadonlySet<AnswerFault> = new Set([
  "reset_after",
  "truncated",
  "garbage",
  "gzip_bomb",
]);

/** Each kind of the specification with its share; a kind with two forms has both in turn. */
const kinds: readonly (readonly AnswerFault[])[] = [
  ["unavailable"],
  ["reset_before", "reset_after"],
  ["slow_before", "slow_after"],
  ["truncated"],
  ["garbage"],
  ["gzip_bomb"],
];

/** Draws what happens to the next answer, each kind with this share; null: nothing. */
export function drawFault(random: Random, share: number): AnswerFault | null {
  const forms = kinds[Math.floor(random() / share)];
  return forms?.[Math.floor(random() * forms.length)] ?? null;
}

const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024));

/** Sends an answer that was made, damaged as `fault` says. */
export function sendDamaged(response: ServerResponse, body: string, fault: AnswerFault): void {
  switch (fault) {
    case "truncated":
      response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
      response.write(body.slice(0, body.length / 2), () => response.destroy());
      return;
    case "garbage":
      response.writeHead(200, { "content-type": "application/json" });
      response.end(body.replaceAll('"', "\u{fffd}"));
      return;
    case "gzip_bomb":
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(bomb);
      return;
    case "unavailable":
      response.writeHead(503, { "retry-after": "1" });
      response.end();
      return;
    case "reset_before":
    case "reset_after":
      response.destroy();
      return;
    case "slow_before":
    case "slow_after":
      sendWhole(response, body);
  }
}

/** Sends an answer as it should be. */
export function sendWhole(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
}
