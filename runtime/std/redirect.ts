/**
 * Judges whether an answer is a redirect, and builds the next request. Pure: sends nothing.
 *
 * @module
 */

import { RunError } from "../host/run-error.ts";

/** Redirects followed before giving up. */
export const maxRedirects = 10;

/** One request of a chain of redirects. */
export interface Hop {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
}

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];
const credentialHeader = /^(?:cookie|proxy-authorization)$|key|token|secret|auth/i;

/** True when two absolute URLs have the same scheme, host and port. */
export function sameOrigin(a: string, b: string): boolean {
  return new URL(a).origin === new URL(b).origin;
}

/**
 * The request that an answer redirects to, or null when it is no redirect. Method and body change as in the
 * Fetch standard (4.4, HTTP-redirect fetch): 303, and POST on 301 or 302, become GET without a body. On the way
 * to another origin every header that may carry a credential is dropped, and stays dropped.
 * @throws HARN-RUN-014 when the `location` is no URL.
 */
export function nextHop(
  hop: Hop,
  answer: { readonly status: number; readonly headers: Readonly<Record<string, string>> },
): Hop | null {
  const location = answer.headers["location"];
  if (location === undefined || !redirectStatuses.includes(answer.status)) return null;
  const url = URL.canParse(location, hop.url) ? new URL(location, hop.url).href : null;
  if (url === null) throw new RunError("HARN-RUN-014", "std/http: the redirect's location is not a URL");
  const toGet =
    (answer.status === 303 && hop.method !== "GET" && hop.method !== "HEAD") ||
    ((answer.status === 301 || answer.status === 302) && hop.method === "POST");
  const leaves = !sameOrigin(hop.url, url);
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(hop.headers)) {
    if (leaves && credentialHeader.test(name)) continue;
    if (toGet && /^(?:content-.*|transfer-encoding)$/i.test(name)) continue;
    headers[name] = value;
  }
  return { method: toGet ? "GET" : hop.method, url, headers, body: toGet ? null : hop.body };
}

/** The address that an answer redirects to, as it was sent, as it was parsed, and without percent escapes. */
export function spellings(
  answer: { readonly headers: Readonly<Record<string, string>> },
  { url }: Pick<Hop, "url">,
): readonly string[] {
  const sent = answer.headers["location"] ?? "";
  return [sent, url, unescaped(sent), unescaped(url)];
}

/** Byte by byte, as tokens are ASCII. */
function unescaped(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
