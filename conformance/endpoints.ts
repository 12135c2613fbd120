/**
 * The names under which a case speaks of its provider's addresses.
 *
 * @module
 */

import type { Json, Ports } from "../runtime/ports.ts";
import { providersModule } from "../stdlib/oauth/providers/index.ts";
import type { CaseFile } from "./case-format.ts";
import type { ProgramCall } from "./program.ts";

/** The provider of cases that name none. */
export const defaultProvider: Readonly<Record<string, Json>> = {
  id: "acme",
  label: "Acme",
  auth_url: "https://as.example.com/authorize",
  token_url: "https://as.example.com/token",
  device_code_url: "https://as.example.com/device",
  revoke_url: "https://as.example.com/revoke",
  userinfo_url: "https://api.example.com/userinfo",
  resource_origins: ["https://api.example.com"],
};

/** How the provider of a case is made; `config` replaces the default provider. */
export function providerCall(
  given: CaseFile["given"],
  config: Readonly<Record<string, Json>> = defaultProvider,
): ProgramCall {
  const provider = given?.provider;
  if (typeof provider === "string") return { call: "providers.provider", args: [provider] };
  if (provider !== undefined && "call" in provider) return { call: provider.call, args: provider.args ?? [] };
  if (provider?.catalogue !== undefined)
    return { call: "providers.provider", args: [provider.catalogue, provider.with ?? {}] };
  const kept = Object.entries({ ...config, ...provider?.with }).filter(([, value]) => value !== null);
  return { call: "providers.custom", args: [Object.fromEntries(kept)] };
}

/** URLs by name: `token` for `token_url`, and `api` for the first origin that tokens may go to. */
export function endpointsOf(call: ProgramCall): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [member, value] of Object.entries(recordOf(call))) {
    const [, name] = /^(\w+?)(?:_code)?_(?:url|uri|endpoint)$/.exec(member) ?? [];
    if (name !== undefined && typeof value === "string") found[name] = value;
    if (member === "resource_origins" && Array.isArray(value) && typeof value[0] === "string")
      found["api"] = value[0];
  }
  return found;
}

/** The record, where making it needs no world; else the default one. */
function recordOf({ call, args }: ProgramCall): Readonly<Record<string, unknown>> {
  const factory = (providersModule({} as Ports) as Readonly<Record<string, unknown>>)[
    call.replace("providers.", "")
  ];
  if (typeof factory !== "function") return defaultProvider;
  try {
    const made: unknown = factory(...args);
    return typeof made === "object" && made !== null && "token_url" in made ? { ...made } : defaultProvider;
  } catch {
    return defaultProvider;
  }
}

/** Endpoints that are asked with GET unless a case says otherwise. */
const readEndpoints: ReadonlySet<string> = new Set(["api", "userinfo", "jwks"]);

/** The URL and the usual method of `token`, `api/user`, or a URL itself. @throws TypeError for an unknown name. */
export function addressOf(
  name: string,
  endpoints: Readonly<Record<string, string>>,
): { readonly url: string; readonly method: string } {
  if (/^[a-z]+:\/\//.test(name)) return { url: name, method: "GET" };
  const [head = "", ...path] = name.split("/");
  const url = endpoints[head];
  if (url === undefined) throw new TypeError(`the provider has no endpoint ${head}`);
  return {
    url: path.length === 0 ? url : `${url}/${path.join("/")}`,
    method: readEndpoints.has(head) ? "GET" : "POST",
  };
}
