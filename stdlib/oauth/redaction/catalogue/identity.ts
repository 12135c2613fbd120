/**
 * Identity and secrets.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import {
  alphanumeric,
  base64,
  base64url,
  dotted,
  lowerAlphanumeric,
  lowerHex,
  upperAlphanumeric,
  word,
} from "./alphabets.ts";

/** Tokens of sign-on services, of vaults and of gateways. */
export const identity: readonly TokenFamily[] = [
  {
    // The base64 of `key_` and what follows.
    name: "workos_key",
    confidence: "high",
    since: null,
    source: "https://workos.com/docs/reference/api-keys",
    shapes: [
      {
        literals: ["sk_live_a2V5Xz", "sk_test_a2V5Xz"],
        guard: "none",
        least: [{ of: base64, length: 50 }],
        body: `${base64}=`,
      },
    ],
  },
  {
    name: "vault_token",
    confidence: "high",
    since: null,
    source: "https://developer.hashicorp.com/vault/docs/concepts/tokens",
    shapes: [
      {
        literals: ["hvs.", "hvb.", "hvr."],
        guard: "none",
        least: [{ of: alphanumeric, length: 24 }],
        body: dotted,
        trimDots: true,
      },
      {
        literals: ["hvs.", "hvb.", "hvr."],
        guard: "none",
        least: [{ of: base64url, length: 60 }],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "doppler_token",
    confidence: "high",
    since: null,
    source: "https://docs.doppler.com/docs/service-tokens",
    shapes: [
      {
        literals: ["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.said.", "dp.scim.", "dp.audit."],
        guard: "none",
        least: [{ of: alphanumeric, length: 40 }],
        body: dotted,
        trimDots: true,
      },
      {
        // Service tokens can have the environment's name in the middle.
        literals: ["dp.st."],
        guard: "none",
        least: [
          { of: "a-z0-9._-", length: 3 },
          { of: dotted, length: 40 },
        ],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "infisical_token",
    confidence: "high",
    since: null,
    source: "https://infisical.com/docs/documentation/platform/token",
    shapes: [
      {
        literals: ["st."],
        guard: "alphanumeric",
        least: [
          { of: lowerHex, length: 24 },
          ".",
          { of: lowerHex, length: 32 },
          ".",
          { of: lowerHex, length: 32 },
        ],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "onepassword_token",
    confidence: "high",
    since: null,
    source: "https://developer.1password.com/docs/service-accounts/",
    shapes: [
      {
        literals: ["ops_eyJ"],
        guard: "none",
        least: [{ of: base64, length: 100 }],
        body: `${base64}=_-`,
      },
      {
        // The secret key of an account, in its two layouts.
        literals: ["A3-"],
        guard: "alphanumeric",
        least: [
          { of: upperAlphanumeric, length: 6 },
          "-",
          { of: upperAlphanumeric, length: 6 },
          "-",
          { of: upperAlphanumeric, length: 5 },
          "-",
          { of: "A-Z0-9-", length: 11 },
        ],
        body: "A-Z0-9-",
      },
      {
        literals: ["A3-"],
        guard: "alphanumeric",
        least: [
          { of: upperAlphanumeric, length: 6 },
          "-",
          { of: upperAlphanumeric, length: 11 },
          "-",
          { of: "A-Z0-9-", length: 11 },
        ],
        body: "A-Z0-9-",
      },
    ],
  },
  {
    name: "ory_token",
    confidence: "high",
    since: null,
    source: "https://www.ory.com/docs/oauth2-oidc/overview/oauth2-concepts",
    shapes: [
      {
        literals: ["ory_at_", "ory_rt_", "ory_ac_", "ory_dc_"],
        guard: "none",
        least: [{ of: base64url, length: 43 }, ".", { of: base64url, length: 43 }],
        body: dotted,
        trimDots: true,
      },
      {
        literals: ["ory_pat_", "ory_apikey_", "ory_st_", "ory_lo_", "ory_wak_", "ory_wat_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 32 }],
        body: base64url,
      },
    ],
  },
  {
    name: "kong_token",
    confidence: "high",
    since: null,
    source: "https://developer.konghq.com/konnect-api/",
    shapes: [
      {
        literals: ["kpat_", "spat_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 40 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "zuplo_key",
    confidence: "high",
    since: null,
    source: "https://zuplo.com/docs/articles/api-key-management",
    shapes: [
      {
        literals: ["zpka_"],
        guard: "none",
        least: [{ of: lowerAlphanumeric, length: 32 }, "_", { of: lowerHex, length: 8 }],
        body: word,
      },
    ],
  },
  {
    name: "unkey_key",
    confidence: "high",
    since: null,
    source: "https://www.unkey.com/docs/security/root-keys",
    shapes: [
      {
        literals: ["unkey_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 20 }],
        body: alphanumeric,
      },
    ],
  },
];
