/**
 * Judges the URL of a request before anything else looks at it.
 *
 * @module
 */

import { isLoopbackHost } from "./address.ts";
import type { HttpFailureReason } from "./http-failure.ts";

export type Destination =
  | { readonly ok: true; readonly url: URL }
  | { readonly ok: false; readonly reason: HttpFailureReason; readonly origin: string };

const longestUrl = 16_384;

/**
 * Parses an absolute URL that may be requested: https, or http to a loopback host; no user information. Control
 * characters and backslashes are refused on the text itself, because the URL parser would drop or turn them
 * (WHATWG URL 4.4); so are hosts outside ASCII, because it would map look-alikes to other names. The fragment is removed.
 */
export function judgeDestination(text: unknown): Destination {
  if (typeof text !== "string") return refuse("not_a_url");
  if (text.length > longestUrl) return refuse("url_too_long");
  // Control characters are what is looked for.
  if (/[\u0000-\u001f\u007f-\u009f\\]|^\s|\s$/.test(text)) return refuse("url_characters");
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined) return refuse("not_a_url");
  if (!/^[\x21-\x7e]+$/.test(authority) || authority.includes("%")) return refuse("url_characters");
  if (!URL.canParse(text)) return refuse("not_a_url");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return refuse("not_https");
  if (authority.includes("@")) return refuse("userinfo", url.origin);
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname)) return refuse("not_https", url.origin);
  url.hash = "";
  return { ok: true, url };
}

function refuse(reason: HttpFailureReason, origin = ""): Destination {
  return { ok: false, reason, origin };
}
