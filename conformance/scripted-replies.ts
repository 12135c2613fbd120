/**
 * The replies of a case: which one answers a request, what it keeps of it, and what stands in its body.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { globMatcher } from "../runtime/host/mock-reply.ts";
import { RunError } from "../runtime/host/run-error.ts";
import type { Json } from "../runtime/ports.ts";
import { claimsOf, thumbprintOf } from "./captured-jwt.ts";
import type { Reply, Repeated } from "./case-format.ts";
import { replySigner } from "./signed-reply.ts";
import type { ScriptedPlace, SeenRequest } from "./world-script.ts";

/** A request before it is answered. */
export type Asked = Omit<SeenRequest, "answer">;

export interface ScriptedReplies {
  /** The reply to a request, which is then used up; null when nothing answers it. What it captures is kept. */
  take(asked: Asked): Reply | null;
  /** Uses up the next reply of a place at this host if it is a refused connection. */
  takeRefusal(host: string, port: number): boolean;
  /** Whether a place at this host would refuse the next connection. */
  refusesNext(host: string): boolean;
  /** Names and values of the header fields, and the body. */
  answer(reply: Reply): {
    readonly fields: readonly (readonly [string, string])[];
    readonly body: Uint8Array;
  };
  readonly captured: Readonly<Record<string, unknown>>;
  /** The JWTs that bodies held. */
  readonly signed: readonly string[];
}

/** Makes the replies of one run; `start` in Unix seconds is what `$at` counts from. */
export function scriptedReplies(script: readonly ScriptedPlace[], start: number): ScriptedReplies {
  const captured: Record<string, unknown> = {};
  const signer = replySigner(start);
  const places = script.map((place) => ({ ...place, matches: globMatcher(place.url), used: 0 }));
  const nextOf = (place: (typeof places)[number]): Reply =>
    place.replies[Math.min(place.used, place.replies.length - 1)] ?? {};
  const fill = (text: string): string =>
    text.replace(/\$\{([a-z_]\w*)\}/g, (whole, name: string) =>
      Object.hasOwn(captured, name) ? String(captured[name]) : whole,
    );

  function bodyOf(reply: Reply): [string | null, Uint8Array] {
    const json = (value: Json): [string, Uint8Array] => [
      "application/json",
      encode(signer.text(value, fill)),
    ];
    if (reply.tokens !== undefined) {
      const members = Object.entries({
        ...tokenResponse(reply.tokens),
        ...(reply.json as object | undefined),
      });
      return json(Object.fromEntries(members.filter(([, value]) => value !== null)));
    }
    if (reply.json !== undefined) return json(reply.json);
    if (reply.form !== undefined)
      return ["application/x-www-form-urlencoded", encode(fill(new URLSearchParams(reply.form).toString()))];
    if (reply.bytes !== undefined) return [null, new Uint8Array(Buffer.from(reply.bytes, "base64"))];
    return [null, encode(fill(reply.text ?? "").repeat(reply.repeat ?? 1))];
  }

  return {
    take(asked) {
      const fitting = places.filter(
        ({ method, matches }) => (method === "*" || method === asked.method) && matches(asked.url),
      );
      const place = fitting.find(({ url }) => !url.includes("*")) ?? fitting[0];
      if (place === undefined) return null;
      const reply = nextOf(place);
      place.used += 1;
      capture(reply, asked, captured);
      return reply;
    },
    takeRefusal(host, port) {
      const place = places.find(
        (one) => nextOf(one).fault === "refuse" && hostOf(one.url) === host && portOf(one.url) === port,
      );
      if (place === undefined) return false;
      place.used += 1;
      return true;
    },
    refusesNext: (host) =>
      places.some((place) => nextOf(place).fault === "refuse" && hostOf(place.url) === host),
    answer(reply) {
      const [type, body] = bodyOf(reply);
      const own = Object.entries(reply.headers ?? {}).flatMap(([name, value]) =>
        valuesOf(value).map((each) => [name, fill(each)] as const),
      );
      const typed = type === null || own.some(([name]) => name.toLowerCase() === "content-type");
      return { fields: typed ? own : [["content-type", type], ...own], body };
    },
    captured,
    signed: signer.made,
  };
}

/** The token response that `tokens: n` stands for. */
export function tokenResponse(number: number): Readonly<Record<string, Json>> {
  return {
    access_token: `access-token-${number}`,
    token_type: "Bearer",
    expires_in: 3600,
    refresh_token: `refresh-token-${number}`,
  };
}

function valuesOf(value: string | readonly string[] | Repeated): readonly string[] {
  if (typeof value === "string") return [value];
  return "$repeat" in value ? [value.$repeat.repeat(value.times)] : value;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The host of a pattern, whose path may hold stars. */
function hostOf(pattern: string): string {
  return URL.canParse(pattern) ? new URL(pattern).hostname.replace(/^\[|\]$/g, "") : "";
}

function portOf(pattern: string): number {
  if (!URL.canParse(pattern)) return 0;
  const { port, protocol } = new URL(pattern);
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

/** What can be made of a part, by the word before its brackets. */
const makers: Readonly<Record<string, (value: unknown) => unknown>> = {
  s256: (value) =>
    typeof value === "string" ? createHash("sha256").update(value).digest("base64url") : value,
  claims: claimsOf,
  thumbprint: thumbprintOf,
};

function capture(reply: Reply, seen: Asked, captured: Record<string, unknown>): void {
  const { $capture } = reply;
  if ($capture === undefined) return;
  const wanted = typeof $capture === "string" ? { [$capture]: `form.${$capture}` } : $capture;
  for (const [name, from] of Object.entries(wanted)) {
    const [, made = "", part = from] = /^(s256|claims|thumbprint)\((.+)\)$/.exec(from) ?? [];
    const value = partOf(seen, part);
    captured[name] = Object.hasOwn(makers, made) ? makers[made]?.(value) : value;
  }
}

function partOf({ url, headers, body }: Asked, from: string): unknown {
  const dot = from.indexOf(".");
  const name = from.slice(dot + 1);
  switch (from.slice(0, dot)) {
    case "form":
      return new URLSearchParams(body).get(name) ?? undefined;
    case "query":
      return new URL(url).searchParams.get(name) ?? undefined;
    case "header":
      return headers[name];
    case "json":
      return (JSON.parse(body) as Record<string, unknown>)[name];
    default:
      throw new RunError("HARN-RUN-015", `$capture: ${from} is not form.x, query.x, header.x or json.x`);
  }
}
