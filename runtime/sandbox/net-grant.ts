/**
 * Which hosts a script may reach: the `net` grant.
 *
 * @module
 */

import { isIP } from "node:net";
import { isLoopbackHost, isPublicAddress } from "../host/address.ts";
import type { NetPolicy } from "../host/net-policy.ts";
import { RunError } from "../host/run-error.ts";

/** One pattern of the grant. */
interface HostPattern {
  /** ASCII, lower case, no trailing dot; addresses as the URL parser writes them. `*` stands for every public host. */
  readonly host: string;
  /** True for `*.host`. */
  readonly subdomains: boolean;
  /** Null: 443, and any port of a loopback host. */
  readonly port: number | null;
}

/**
 * Reads the patterns of a `net` grant: `host[:port]` (no port means 443; a loopback host: any port), `*.host` for
 * subdomains only, `*` alone for every public host. IPv6 addresses stand in brackets. Names are compared as the
 * URL parser writes them (lower case, IDNA in ASCII, one spelling per address), without a trailing dot.
 * @throws RunError HARN-RUN-015 saying what is wrong with a pattern.
 */
export function netPolicy(patterns: readonly string[]): NetPolicy {
  const granted = patterns.map(parsePattern);
  return {
    allows: (url) => granted.some((pattern) => covers(pattern, url)),
    entrusts: (url) => granted.some((pattern) => pattern.host !== "*" && covers(pattern, url)),
    names: (url) => granted.some((pattern) => isExact(pattern) && covers(pattern, url)),
  };
}

/** Only a host written out in full is named: whoever runs a domain can point its subdomains at private addresses. */
function isExact(pattern: HostPattern): boolean {
  return pattern.host !== "*" && !pattern.subdomains;
}

function covers(pattern: HostPattern, url: URL): boolean {
  const host = withoutTrailingDot(url.hostname);
  if (host === "" || !coversHost(pattern, host)) return false;
  if (pattern.port === null && isLoopbackHost(host)) return true;
  return portOf(url) === (pattern.port ?? 443);
}

function coversHost(pattern: HostPattern, host: string): boolean {
  if (pattern.host === "*") return isAddress(host) ? isPublicAddress(bare(host)) : !isLoopbackHost(host);
  if (pattern.subdomains) return host.endsWith(`.${pattern.host}`);
  return host === pattern.host;
}

function portOf(url: URL): number | null {
  if (url.port !== "") return Number(url.port);
  if (url.protocol === "https:") return 443;
  return url.protocol === "http:" ? 80 : null;
}

function withoutTrailingDot(host: string): string {
  return host.endsWith(".") ? host.slice(0, -1) : host;
}

function parsePattern(text: string): HostPattern {
  const fail = (problem: string, hint = "Write host, host:port, *.host or *."): never => {
    throw new RunError("HARN-RUN-015", `grants: net "${text}" ${problem}`, { hint });
  };
  if (text === "*") return { host: "*", subdomains: false, port: null };
  if (text === "") fail("is empty");
  if (/[\s\p{Cc}]/u.test(text)) fail("contains white space or a control character");
  if (text.includes("://")) fail("has a scheme", `Write ${schemeless(text)}.`);
  if (/[/\\?#]/.test(text)) fail("has a path", "A grant covers a whole host; leave the path out.");
  if (text.includes("@")) fail("has userinfo", "Leave out everything up to the @.");
  if (text.includes("%")) fail("has a percent sign");

  const subdomains = text.startsWith("*.");
  const rest = subdomains ? text.slice(2) : text;
  if (rest.includes("*")) fail('has a "*" in a wrong place', "A * stands alone, or as *. before a host.");

  const [, name, digits] = /^(\[[^\]]*\]|[^:[\]]+)(?::([^:]*))?$/.exec(rest) ?? [];
  if (name === undefined) return fail("is not a host", "Write an IPv6 address in brackets: [::1]:8080.");
  const port = digits === undefined ? null : Number(digits);
  if (digits !== undefined && (!/^[1-9]\d{0,4}$/.test(digits) || Number(digits) > 65_535)) {
    fail("has a port that is no number from 1 to 65535");
  }

  const host = normalHost(name);
  if (host === null) return fail("is not a host");
  if (subdomains && isAddress(host)) fail("puts *. before an address", "Only names have subdomains.");
  return { host, subdomains, port };
}

/** The host as the URL parser writes it, or null when it takes it for none. */
function normalHost(name: string): string | null {
  if (!URL.canParse(`https://${name}/`)) return null;
  const host = withoutTrailingDot(new URL(`https://${name}/`).hostname);
  // IDNA turns some look-alikes (a full-width asterisk) into plain characters, and an empty label names nothing.
  if (host === "" || host.includes("*") || host.startsWith(".") || host.includes("..")) return null;
  return host;
}

function isAddress(host: string): boolean {
  return isIP(bare(host)) !== 0;
}

function bare(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

function schemeless(text: string): string {
  return text.slice(text.indexOf("://") + 3).replace(/[/?#].*$/su, "") || "host";
}
