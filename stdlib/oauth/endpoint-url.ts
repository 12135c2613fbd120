/**
 * The rules for every endpoint URL, wherever it came from.
 *
 * @module
 */

import { OAuthError } from "./errors.ts";

const longest = 4_096;

/**
 * Parses an endpoint URL: absolute, https (http only on loopback), without userinfo and without a fragment
 * (RFC 6749 §3.1, RFC 9700 §2.6), its host in plain ASCII without percent escapes. `module` is the name after
 * `std/oauth/`, `what` names the value in the message (`token_url`).
 *
 * @throws OAuthError HARN-OAU-011 saying which rule is broken. The message never holds the URL.
 */
export function endpointUrl(module: string, what: string, text: unknown): URL {
  const refuse = (rule: string): OAuthError =>
    new OAuthError(
      "HARN-OAU-011",
      `std/oauth/${module}: ${what} ${rule}`,
      `Give ${what} as an absolute https URL, for example https://id.example.com/path.`,
    );
  if (typeof text !== "string" || text === "") throw refuse("must be a non-empty string");
  if (text.length > longest) throw refuse(`must not be longer than ${longest} characters`);
  // The URL parser drops tabs and newlines and turns backslashes into slashes: a URL that needs it is not what it seems.
  if (/[^!-\uffff]|[\u007f\\]/.test(text)) {
    throw refuse("must not contain spaces, control characters or backslashes");
  }
  const head = /^(https?):\/\/([^/?#]+)/i.exec(text);
  if (!head) throw refuse("must be an absolute https URL");
  const [, , authority = ""] = head;
  if (authority.includes("@")) throw refuse("must not contain user information");
  // The parser maps look-alikes to other letters, full-width digits to addresses, and %2e to a dot (RFC 3986 §3.2.2).
  if (!/^[!-$&-~]*$/.test(authority))
    throw refuse("must have a host in plain ASCII (write an international name as xn--…)");
  if (text.includes("#")) throw refuse("must not contain a fragment");
  if (!URL.canParse(text)) throw refuse("is not a valid URL");
  const url = new URL(text);
  if (url.protocol !== "https:" && !isLoopback(url.hostname)) {
    throw refuse("must use https (http is allowed on loopback only)");
  }
  return url;
}

/** True for `localhost` and names below it (RFC 6761 §6.3), 127.0.0.0/8 and `[::1]`, as the URL parser spells host names. */
export function isLoopback(hostname: string): boolean {
  return (
    /^(?:.+\.)?localhost$/.test(hostname) || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}
