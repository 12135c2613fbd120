/**
 * Where the URL of a request came from, as the http port wants to know it.
 *
 * @module
 */

import type { HttpRequest } from "../../runtime/ports.ts";
import { isCatalogueUrl } from "./providers/catalogue.ts";
import type { ProviderRecord } from "./providers/record.ts";

/** What a URL that stands in a record may reach. `url` is as the record says it, and can be parsed. */
export function reachOf(provider: ProviderRecord, url: string): NonNullable<HttpRequest["reach"]> {
  if (isCatalogueUrl(provider.id, url)) return "catalogue";
  return provider.discovered_hosts?.includes(new URL(url).host) ? "discovered" : "granted";
}
