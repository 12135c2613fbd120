/**
 * What a client handle stands for. Kept on the host side; a script never holds it.
 *
 * @module
 */

import type { Ports } from "../../runtime/ports.ts";
import type { ClientCredentials } from "./client-authentication.ts";
import type { ProviderRecord } from "./providers/record.ts";
import type { EntryBinding, EntryStore } from "./storage/entry.ts";

/** The modules that speak for a client; stands in error messages. */
export type SpeakingModule = "client" | "device_flow";

/** Everything a protocol step needs to know of its client. */
export interface ClientContext {
  readonly module: SpeakingModule;
  readonly ports: Ports;
  readonly provider: ProviderRecord;
  readonly credentials: ClientCredentials;
  /** Origins that the client's secret or assertion may go to; null when the script itself knows the secret or key. */
  readonly secretOrigins: readonly string[] | null;
  readonly store: EntryStore;
  readonly storageKey: string;
  readonly scopes: readonly string[];
  /** True when the caller named the scopes, false when they are the provider's defaults. */
  readonly scopesGiven: boolean;
  readonly redirectUri: string | null;
  readonly audience: string | null;
  readonly extraAuthParams: Readonly<Record<string, unknown>>;
  /** Whether new tokens are to be bound to a key (RFC 9449). */
  readonly dpop: boolean;
  /** Where authorization requests are pushed to (RFC 9126); null: they are not. */
  readonly parUrl: string | null;
  /** Resource indicators (RFC 8707). */
  readonly resource: readonly string[];
  /** Seconds. */
  readonly refreshLeeway: number;
  /** Limit of one call in ms; null: the defaults. */
  readonly timeoutMs: number | null;
  /** Where this client says that its tokens come from and may go. */
  readonly binding: EntryBinding;
}

/** Wall time in whole Unix seconds. */
export function nowSeconds(ports: Ports): number {
  return Math.floor(ports.clock.now() / 1000);
}

/** Emits an event of this client: header `provider`, payload with provider and storage key first. */
export function emitEvent(
  context: ClientContext,
  kind: string,
  payload: Readonly<Record<string, unknown>>,
): void {
  const { ports, provider, storageKey, module } = context;
  ports.events.emit(
    `oauth.${module}.audit`,
    kind,
    { provider: provider.id, storage_key: storageKey, ...payload },
    { provider: provider.id },
  );
}
