/**
 * Banks for companies, shops and carriers.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { alphanumeric, base64url, digits, hex, lowerHex, word } from "./alphabets.ts";

/** Keys for buying, selling and sending goods. */
export const commerce: readonly TokenFamily[] = [
  {
    name: "mercury_token",
    confidence: "high",
    since: null,
    source: "https://docs.mercury.com/docs/api-token-security-policies",
    shapes: [
      {
        literals: ["mercury_production_", "mercury_sandbox_"],
        guard: "none",
        least: [{ of: word, length: 44 }],
        body: word,
      },
    ],
  },
  {
    name: "ramp_key",
    confidence: "high",
    since: null,
    source: "https://docs.ramp.com/developer-api/v1/authorization",
    shapes: [
      {
        literals: ["ramp_sec_", "ramp_id_", "ramp_tok_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 36 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "lob_key",
    confidence: "high",
    since: null,
    source: "https://docs.lob.com/#tag/Authentication",
    shapes: [
      {
        literals: ["live_", "test_"],
        guard: "alphanumeric",
        least: [{ of: lowerHex, length: 35 }],
        body: alphanumeric,
      },
      {
        literals: ["live_pub_", "test_pub_"],
        guard: "none",
        least: [{ of: lowerHex, length: 30 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "mollie_key",
    confidence: "high",
    since: null,
    source: "https://docs.mollie.com/reference/authentication",
    shapes: [
      {
        // Other vendors write their keys so, too: Column's have 27 characters.
        literals: ["live_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 27 }],
        body: base64url,
      },
      {
        // Shorter ones are names of tests.
        literals: ["test_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 30 }],
        body: base64url,
      },
    ],
  },
  {
    name: "recharge_token",
    confidence: "high",
    since: null,
    source: "https://developer.rechargepayments.com/",
    shapes: [
      {
        // Two digits say which interface and which rights it is for.
        literals: ["sk_", "sk_test_"],
        guard: "alphanumeric",
        least: [{ of: digits, length: 1 }, "x", { of: digits, length: 1 }, "_", { of: hex, length: 64 }],
        body: word,
      },
    ],
  },
  {
    name: "tickettailor_key",
    confidence: "high",
    since: null,
    source: "https://developers.tickettailor.com/",
    shapes: [
      {
        literals: ["sk_"],
        guard: "alphanumeric",
        least: [{ of: digits, length: 4 }, "_", { of: digits, length: 6 }, "_", { of: lowerHex, length: 32 }],
        body: word,
      },
    ],
  },
  {
    name: "shopify_token",
    confidence: "high",
    since: null,
    source: "https://shopify.dev/docs/apps/build/authentication-authorization",
    shapes: [
      {
        literals: ["shpat_", "shpca_", "shppa_", "shpss_", "shptka_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 32 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "easypost_key",
    confidence: "high",
    since: null,
    source: "https://docs.easypost.com/docs/authentication",
    shapes: [
      {
        literals: ["EZAK", "EZTK"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 54 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "shippo_token",
    confidence: "high",
    since: null,
    source: "https://docs.goshippo.com/docs/guides_general/authentication/",
    shapes: [
      {
        literals: ["shippo_live_", "shippo_test_"],
        guard: "none",
        least: [{ of: hex, length: 40 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "duffel_token",
    confidence: "high",
    since: null,
    source: "https://duffel.com/docs/api/overview/making-requests",
    shapes: [
      {
        literals: ["duffel_live_", "duffel_test_"],
        guard: "none",
        least: [{ of: `=${base64url}`, length: 40 }],
        body: `=${base64url}`,
      },
    ],
  },
  {
    name: "flexport_token",
    confidence: "high",
    since: null,
    source: "https://docs.logistics-api.flexport.com/",
    shapes: [
      { literals: ["shltm_"], guard: "none", least: [{ of: base64url, length: 40 }], body: base64url },
    ],
  },
  {
    name: "samsara_token",
    confidence: "high",
    since: null,
    source: "https://developers.samsara.com/docs/authentication",
    shapes: [
      {
        literals: ["samsara_api_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 26 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "fleetbase_key",
    confidence: "high",
    since: null,
    source: "https://docs.fleetbase.io/",
    shapes: [
      {
        literals: ["flb_live_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 20 }],
        body: alphanumeric,
      },
    ],
  },
];
