/**
 * What an authorization server can exchange: capability rows, their catalogue, and overlays. An empty list allows nothing.
 *
 * @module
 */

import { OAuthError } from "../errors.ts";
import { objectOf } from "../provider-of.ts";
import { type CapabilityRow, shippedRows } from "./catalogue.ts";
import { tokenType } from "./token-type.ts";

/** One server's, or one profile's, token exchange. Types are full identifiers. */
export interface TokenExchangeCapability {
  readonly id: string;
  readonly label: string;
  /** False: the row is there to be known, not to be used. */
  readonly supported: boolean;
  /** Null: the provider's own token endpoint. */
  readonly token_url: string | null;
  readonly subject_token_types: readonly string[];
  readonly actor_token_types: readonly string[];
  readonly requested_token_types: readonly string[];
  readonly issued_token_types: readonly string[];
  /** An actor token may be sent. */
  readonly delegation: boolean;
  /** The subject token may be sent alone. */
  readonly impersonation: boolean;
  readonly provider_metadata_fields: readonly string[];
  /** Drafts or RFCs that the row follows. */
  readonly tracking: readonly string[];
  readonly notes: readonly string[];
}

/** Rows by id; a list of rows, or an object of rows by id, replaces whole rows. @throws HARN-OAU-011 */
export function capabilityCatalogue(overlays: unknown): Readonly<Record<string, TokenExchangeCapability>> {
  const rows = new Map(shippedRows.map((row) => [String(row["id"]), capabilityRow(row)]));
  for (const row of overlayRows(overlays)) rows.set(row.id, row);
  return Object.fromEntries(rows);
}

/**
 * The row of a provider or an id: a provider's own `token_exchange` row wins (its id is then the provider's); else the
 * catalogue's row of that id; null when there is none. @throws HARN-OAU-011 for a row that is none.
 */
export function capabilityOf(providerOrId: unknown, overlays: unknown): TokenExchangeCapability | null {
  const provider = objectOf(providerOrId);
  const own = objectOf(provider?.["token_exchange"]);
  const id = typeof providerOrId === "string" ? providerOrId.trim() : provider?.["id"];
  if (own !== null) return capabilityRow({ ...own, id: id ?? own["id"] });
  const catalogue = capabilityCatalogue(overlays);
  return typeof id === "string" && Object.hasOwn(catalogue, id) ? (catalogue[id] ?? null) : null;
}

/** Judges and completes one row. @throws HARN-OAU-011 when it is no object or has no id. */
export function capabilityRow(given: unknown): TokenExchangeCapability {
  const row = objectOf(given);
  if (row === null) throw invalid("a capability row must be an object");
  const id = row["id"] ?? row["provider"] ?? row["authorization_server"];
  if (typeof id !== "string" || id.trim() === "") throw invalid("a capability row needs an id");
  const requested_token_types = types(row, "requested_token_types");
  const token_url = row["token_url"] ?? null;
  if (token_url !== null && typeof token_url !== "string") throw invalid("token_url must be a string");
  return {
    id: id.trim(),
    label: typeof row["label"] === "string" ? row["label"] : id.trim(),
    supported: truth(row, "supported"),
    token_url,
    subject_token_types: types(row, "subject_token_types"),
    actor_token_types: types(row, "actor_token_types"),
    requested_token_types,
    issued_token_types:
      row["issued_token_types"] == null ? requested_token_types : types(row, "issued_token_types"),
    delegation: truth(row, "delegation"),
    impersonation: truth(row, "impersonation"),
    provider_metadata_fields: texts(row, "provider_metadata_fields"),
    tracking: texts(row, "tracking"),
    notes: texts(row, "notes"),
  };
}

function overlayRows(overlays: unknown): readonly TokenExchangeCapability[] {
  if (overlays === undefined || overlays === null) return [];
  if (Array.isArray(overlays)) return overlays.map((row: unknown) => capabilityRow(row));
  const byId = objectOf(overlays);
  if (byId === null) throw invalid("overlays must be a list of rows or an object of rows by id");
  return Object.entries(byId).map(([id, row]) => {
    const members = objectOf(row);
    if (members === null) throw invalid("a capability row must be an object");
    return capabilityRow({ ...members, id });
  });
}

function types(row: CapabilityRow, name: string): readonly string[] {
  return [...new Set(texts(row, name).map(tokenType))];
}

function texts(row: CapabilityRow, name: string): readonly string[] {
  const value = row[name] ?? [];
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw invalid(`${name} must be a list of strings`);
  }
  return value;
}

function truth(row: CapabilityRow, name: string): boolean {
  const value = row[name] ?? true;
  if (typeof value !== "boolean") throw invalid(`${name} must be true or false`);
  return value;
}

function invalid(why: string): OAuthError {
  return new OAuthError(
    "HARN-OAU-011",
    `std/oauth/token_exchange: ${why}`,
    "Compare with token_exchange_catalog().",
  );
}
