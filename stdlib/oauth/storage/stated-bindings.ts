/**
 * Where tokens without a record of their login may go, as the embedder says: the stores of the host and version 1 files
 * keep token sets only.
 *
 * @module
 */

import { OAuthError } from "../errors.ts";
import type { Ports } from "../../../runtime/ports.ts";
import type { Entry, EntryBinding } from "./entry.ts";
import { isOwn } from "./own-knowledge.ts";

/** What the embedder says of the tokens under one key. */
export interface StatedBinding {
  /** The `id` of the provider record that clients of this key use. */
  readonly provider: string;
  /** URL or origin of the token endpoint. */
  readonly tokenEndpoint: string;
  /** Issuer identifier; left out when the provider has none. */
  readonly issuer?: string | null;
  /** Origins that the access token may go to. Default: that of the token endpoint. */
  readonly resourceOrigins?: readonly string[];
}

/** Says where the tokens of a key belong; null for nothing said. Called with keys that scripts choose. */
export type StateBinding = (entry: {
  /** The storage's kind: `file`, `harn_cloud_session`, `harn_cloud_org` or `secrets`. */
  readonly storage: string;
  readonly key: string;
}) => StatedBinding | null | undefined;

/** The binding of a key of one storage, or null. */
export type BindingOf = (key: string) => EntryBinding | null;

/**
 * The bindings of a storage of this kind. What it answers throws TypeError when the embedder states a URL that is none.
 */
export function statedBindings(state: StateBinding | undefined, storage: string): BindingOf {
  return (key) => {
    const stated = state?.({ storage, key });
    if (!stated) return null;
    const token_origin = new URL(stated.tokenEndpoint).origin;
    return {
      provider: stated.provider,
      // As for clients: a provider without an issuer identifier is known by the origin of its token endpoint.
      issuer: stated.issuer ?? token_origin,
      token_origin,
      resource_origins: stated.resourceOrigins?.map((url) => new URL(url).origin) ?? [token_origin],
    };
  };
}

/** The entry, with the stated binding when it has no record of its own. Values that this very run brought stay unbound. */
export function withStated(
  ports: Pick<Ports, "run">,
  entry: Entry | null,
  key: string,
  bindingOf: BindingOf,
): Entry | null {
  if (entry === null || entry.binding !== null || isOwn(ports, entry)) return entry;
  return { ...entry, binding: bindingOf(key) };
}

/**
 * Refuses tokens of another login than the stated one, in a store that would forget which login they are of.
 * @throws HARN-OAU-004.
 */
export function refuseOtherLogin(entry: Entry, stated: EntryBinding | null): void {
  const own = entry.binding;
  if (own === null || stated === null) return;
  if (own.provider === stated.provider && isIssuedAt(own, stated)) return;
  throw new OAuthError(
    "HARN-OAU-004",
    "std/oauth/storage: the host says that this key belongs to another provider or token endpoint",
    "Store these tokens under a key of their own.",
  );
}

/** Capsules that went through a script carry no token endpoint, only the issuer. */
function isIssuedAt(own: EntryBinding, stated: EntryBinding): boolean {
  if (own.token_origin !== "") return own.token_origin === stated.token_origin;
  const { issuer } = own;
  if (issuer === null || !URL.canParse(issuer)) return false;
  return issuer === stated.issuer || new URL(issuer).origin === stated.token_origin;
}
