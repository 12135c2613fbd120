/**
 * The rules for a URL that metadata names, which is a stranger's word until it was judged.
 *
 * @module
 */

import { isIP } from "node:net";
import { endpointUrl, isLoopback } from "../endpoint-url.ts";

const longest = 2_048;

/**
 * The URL, or null when it is none that we would call: an endpoint URL (`endpoint-url.ts`) in the characters of RFC 3986
 * §2, and http only where the metadata itself came by http (RFC 8414 §2). The addresses behind it are the transport's to
 * judge, at each request.
 */
export function metadataUrl(text: string, from: URL): URL | null {
  if (text.length > longest || /[^A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=%]/.test(text)) return null;
  try {
    const url = endpointUrl("providers", "metadata", text);
    return url.protocol === "https:" || from.protocol === "http:" ? url : null;
  } catch {
    return null;
  }
}

/**
 * True for a page at an IP address or at this machine, but for the host that the metadata came from. No transport sees
 * what a browser opens, and a browser reaches its own network with its own cookies.
 */
export function opensInside(page: URL, from: URL): boolean {
  const { hostname } = page;
  if (hostname === from.hostname || (isLoopback(hostname) && isLoopback(from.hostname))) return false;
  // The URL parser has spelt out every form of an address. Names below localhost are this machine (RFC 6761 §6.3).
  return isIP(hostname.replace(/^\[|\]$/g, "")) !== 0 || /(?:^|\.)localhost\.?$/.test(hostname);
}
