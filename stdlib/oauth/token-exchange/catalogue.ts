/**
 * The rows that ship: RFC 8693 itself, and profiles of it that are drafts.
 *
 * @module
 */

/** A row as a person writes it: short names and missing members are fine. */
export type CapabilityRow = Readonly<Record<string, unknown>>;

export const shippedRows: readonly CapabilityRow[] = [
  {
    id: "rfc8693",
    label: "OAuth 2.0 Token Exchange",
    token_url: "https://as.example.com/as/token.oauth2",
    subject_token_types: ["access_token", "jwt"],
    actor_token_types: ["jwt"],
    requested_token_types: ["access_token", "jwt"],
    tracking: ["RFC 8693"],
    notes: [
      "The token_url is the RFC's example; a real server comes with the provider record or an overlay.",
    ],
  },
  {
    id: "id-jag",
    label: "Identity Assertion Authorization Grant",
    subject_token_types: ["id_token", "saml2", "refresh_token"],
    actor_token_types: ["jwt"],
    requested_token_types: ["id-jag"],
    provider_metadata_fields: [
      "identity_chaining_requested_token_types_supported",
      "authorization_grant_profiles_supported",
    ],
    tracking: ["draft-ietf-oauth-identity-assertion-authz-grant-04", "draft-ietf-oauth-identity-chaining-14"],
  },
  {
    id: "txn-token",
    label: "Transaction Tokens",
    subject_token_types: ["access_token", "jwt", "id_token", "saml2", "self_signed", "unsigned_json"],
    requested_token_types: ["txn_token"],
    delegation: false,
    tracking: ["draft-ietf-oauth-transaction-tokens-08", "draft-ietf-oauth-transaction-tokens-for-agents-02"],
  },
  {
    id: "wimse-wit-wpt",
    label: "WIMSE workload credentials",
    supported: false,
    subject_token_types: ["jwt"],
    delegation: false,
    impersonation: false,
    provider_metadata_fields: ["Workload-Identity-Token", "Workload-Proof-Token"],
    tracking: ["draft-ietf-wimse-workload-creds-01", "draft-ietf-wimse-wpt-01"],
    notes: ["Listed so that it is known; the client does not send it."],
  },
];
