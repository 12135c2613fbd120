/**
 * The rules for one redirect URI (RFC 6749 §3.1.2, RFC 8252 §7, OpenID Connect Registration §2).
 *
 * @module
 */

import { isLoopback } from "../endpoint-url.ts";

/** Longest text of one metadata value, in bytes. */
export const longestText = 2_048;

export type ApplicationType = "native" | "web";

/**
 * Every rule that a redirect URI breaks, as ends of a sentence; none when it is good. `quoted` makes a word of the
 * caller fit for a message.
 */
export function redirectUriProblems(uri: unknown, quoted: (word: string) => string): readonly string[] {
  if (typeof uri !== "string") return ["must be a string"];
  if (uri === "") return ["must not be empty"];
  const problems: string[] = [];
  if (Buffer.byteLength(uri) > longestText) problems.push(`must not be longer than ${longestText} bytes`);
  // The URL parser repairs such texts, so what it reads is not what a redirect would go to.
  if (!/^[!-~]+$/.test(uri) || uri.includes("\\")) {
    problems.push("must be printable ASCII without spaces and backslashes");
  }
  if (uri.includes("#")) problems.push("must not contain a fragment");
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(uri) ?? [];
  if (scheme === undefined) {
    problems.push("must be an absolute URL");
  } else if (!/^https?$/i.test(scheme)) {
    problems.push(`has the scheme${quoted(scheme)}, which is not allowed; use https, or http on loopback`);
  } else {
    const [, authority = ""] = /^https?:\/\/([^/?#]*)/i.exec(uri) ?? [];
    const url = authority === "" || !URL.canParse(uri) ? null : new URL(uri);
    if (url === null) problems.push("must be an absolute URL");
    else if (url.protocol === "http:" && !isLoopback(url.hostname)) {
      problems.push("uses http, which is allowed on loopback only");
    }
    if (authority.includes("@")) problems.push("must not contain user information");
  }
  return problems;
}

/**
 * The rule of its application type that a redirect URI breaks, or null. Web applications take https and no loopback
 * host; native ones take http on loopback with any port (RFC 8252 §7.3), or an https URL that the system hands to
 * them (§7.2).
 */
export function applicationTypeProblem(uri: unknown, type: ApplicationType): string | null {
  if (typeof uri !== "string" || !URL.canParse(uri)) return null;
  const { protocol, hostname } = new URL(uri);
  const loopback = isLoopback(hostname);
  switch (type) {
    case "web":
      return protocol === "https:" && !loopback
        ? null
        : "must use https and no loopback host with application_type web";
    case "native":
      return protocol === "https:" && loopback
        ? "must use http on a loopback host with application_type native"
        : null;
  }
}
