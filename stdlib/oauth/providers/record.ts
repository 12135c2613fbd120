/**
 * A provider as data: all that the client needs to know, so that no code asks which provider it is.
 *
 * @module
 */

export type ClientAuthMethod = "none" | "client_secret_post" | "client_secret_basic" | "private_key_jwt";

export interface ProviderRecord {
  /** Lower-case name; also the default storage key. */
  readonly id: string;
  readonly label: string;
  /** Authorization endpoint (RFC 6749 §3.1). */
  readonly auth_url: string;
  /** Token endpoint (RFC 6749 §3.2). */
  readonly token_url: string;
  /** Device authorization endpoint (RFC 8628 §3.1). */
  readonly device_code_url: string | null;
  /** Where tokens are revoked; may hold `{client_id}`. How: `revocation`. */
  readonly revoke_url: string | null;
  readonly userinfo_url: string | null;
  /** Pushed authorization request endpoint (RFC 9126 §2). */
  readonly par_url: string | null;
  /** True when the provider takes only pushed authorization requests (RFC 9126 §5). */
  readonly par_required: boolean;
  /** Introspection endpoint (RFC 7662 §2). */
  readonly introspection_url: string | null;
  /** Client registration endpoint (RFC 7591 §3). */
  readonly registration_url: string | null;
  /** The issuer's signing keys (RFC 7517). */
  readonly jwks_url: string | null;
  readonly default_scopes: readonly string[];
  /** Informational: PKCE S256 is always used. */
  readonly pkce_required: boolean;
  readonly refresh_handling: RefreshHandling;
  /** For people: what is odd about this provider. */
  readonly documented_quirks: readonly string[];
  readonly documentation_url: string | null;
  /** A token exchange capability row (RFC 8693), where the provider has one. */
  readonly token_exchange: Readonly<Record<string, unknown>> | null;

  /** Between scopes in a request. */
  readonly scope_separator: " " | ",";
  /** Null: `client_secret_post` when there is a secret, else `none`. */
  readonly token_auth_method: ClientAuthMethod | null;
  /** How the token endpoint wants its request body. */
  readonly token_body_format: "form" | "json";
  /** Fixed parameters of the authorization request; the caller's `extra_auth_params` win over them. */
  readonly auth_params: Readonly<Record<string, string>>;
  readonly response: ResponseRules;
  /** Origins that the access token may be sent to. */
  readonly resource_origins: readonly string[];
  /** How to revoke at `revoke_url`; null when the provider has no such call. */
  readonly revocation: Revocation | null;
  /** Issuer identifier (RFC 8414), null when the provider has none. */
  readonly issuer: string | null;
  /** True when authorization responses carry `iss` (RFC 9207). */
  readonly iss_parameter: boolean;
  /** ISO date on which this entry was last compared with the provider's documents; null for records made at run time. */
  readonly last_verified: string | null;
  /** Hosts that only a server's metadata named; requests to them never reach a private address that was not granted by name. */
  readonly discovered_hosts?: readonly string[];
}

export interface RefreshHandling {
  readonly strategy: string;
  readonly expires_in_field: string;
  readonly expires_at_field: string | null;
  readonly refresh_grant: string;
  readonly rotates_refresh_token: boolean;
  readonly notes: readonly string[];
  /** What the provider does with a refresh token that was used before. */
  readonly reuse: "strict" | "grace" | "unknown";
  /** How long the previous refresh token still works, in seconds; 0 unless `reuse` is `grace`. */
  readonly grace_seconds: number;
  /** For how many seconds after its start a refresh request may still be acted on, although its sender is gone. */
  readonly processing_bound_seconds: number;
  /** `error` values, besides `invalid_grant`, that mean: the refresh token is dead. */
  readonly invalid_grant_errors: readonly string[];
}

/** The `processing_bound_seconds` of a provider that states none: twice the time that a refresh may take. */
export const processingBoundSeconds = 60;

/** What a token endpoint may answer success with. */
export const successStatuses: readonly number[] = [200, 201, 202];

/** How this provider's token responses differ from RFC 6749 §5.1. */
export interface ResponseRules {
  /** `json_or_form` also takes `application/x-www-form-urlencoded` answers. */
  readonly format: "json" | "json_or_form";
  /** The statuses that mean success: 200, and 201 or 202 at a provider that says so. */
  readonly success_statuses: readonly number[];
  /** A member that is true on success, where it is there; anything else is a failure although the status is 200 (Slack `ok`). */
  readonly ok_member: string | null;
  /** A member whose object holds the token members when the top level has none (Slack `authed_user`). */
  readonly nested_member: string | null;
  /** Between scopes in an answer. */
  readonly scope_separator: " " | ",";
  /** Answers' `token_type` values that mean another (`bot` → `Bearer`), keys in lower case. */
  readonly token_types: Readonly<Record<string, string>>;
}

export type Revocation =
  | {
      /** RFC 7009: form with `token` and `token_type_hint`, and the client's authentication. */
      readonly kind: "rfc7009";
    }
  | {
      /** The vendor's own call at `revoke_url`, with `{client_id}` filled in. */
      readonly kind: "vendor";
      readonly method: "DELETE" | "POST";
      /** `basic`: client id and secret; `bearer`: the access token itself. */
      readonly auth: "basic" | "bearer";
      /** JSON body with the access token in this member; null: no body. */
      readonly token_member: string | null;
      /** Extra request headers. */
      readonly headers: Readonly<Record<string, string>>;
      /** A boolean member of the JSON answer that says whether it worked; null: the status says it. */
      readonly ok_member: string | null;
    };
