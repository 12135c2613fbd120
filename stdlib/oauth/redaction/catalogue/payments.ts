/**
 * Money.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { alphanumeric, base64url, digits, lowerAlphanumeric, lowerHex, uuid, word } from "./alphabets.ts";

/** Keys of payment services and of banks. */
export const payments: readonly TokenFamily[] = [
  {
    name: "stripe_key",
    confidence: "high",
    since: null,
    source: "https://docs.stripe.com/keys",
    shapes: [
      {
        literals: [
          "sk_live_",
          "sk_test_",
          "sk_prod_",
          "rk_live_",
          "rk_test_",
          "rk_prod_",
          "sk_org_live_",
          "sk_org_test_",
        ],
        guard: "none",
        least: [{ of: alphanumeric, length: 20 }],
        body: base64url,
      },
      {
        literals: ["sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 10 }],
        body: base64url,
      },
    ],
  },
  {
    name: "checkout_key",
    confidence: "high",
    since: null,
    source: "https://www.checkout.com/docs/developer-resources/api/manage-api-keys",
    shapes: [
      { literals: ["sk_"], guard: "alphanumeric", least: uuid, body: base64url },
      {
        literals: ["sk_sbox_"],
        guard: "none",
        least: [{ of: lowerAlphanumeric, length: 24 }],
        body: "A-Za-z0-9*#$=_-",
      },
    ],
  },
  {
    name: "braintree_token",
    confidence: "high",
    since: null,
    source: "https://developer.paypal.com/braintree/docs/guides/authorization/overview",
    shapes: [
      {
        literals: ["access_token$production$", "access_token$sandbox$"],
        guard: "none",
        least: [{ of: lowerAlphanumeric, length: 16 }, "$", { of: lowerHex, length: 32 }],
        body: "0-9A-Za-z$",
      },
    ],
  },
  {
    name: "square_token",
    confidence: "high",
    since: null,
    source: "https://developer.squareup.com/docs/build-basics/access-tokens",
    shapes: [
      {
        literals: ["EAAA"],
        guard: "alphanumeric",
        least: [
          // Tables of small numbers in base64 begin like this, too; but soon they have another A.
          { of: "B-Za-z0-9_-", length: 4 },
          { of: base64url, length: 52 },
        ],
        body: base64url,
      },
      {
        literals: ["sq0atp-", "sq0acp-", "sq0csp-", "sq0csb-"],
        guard: "none",
        least: [{ of: base64url, length: 22 }],
        body: base64url,
      },
    ],
  },
  {
    name: "plaid_token",
    confidence: "high",
    since: null,
    source: "https://plaid.com/docs/api/tokens/",
    shapes: [
      {
        literals: [
          "access-production-",
          "access-sandbox-",
          "access-development-",
          "processor-production-",
          "processor-sandbox-",
          "link-production-",
          "link-sandbox-",
          "public-production-",
          "public-sandbox-",
        ],
        guard: "none",
        least: uuid,
        body: base64url,
      },
    ],
  },
  {
    name: "flutterwave_key",
    confidence: "high",
    since: null,
    source: "https://developer.flutterwave.com/docs/authentication",
    shapes: [
      {
        literals: ["FLWSECK-", "FLWSECK_TEST-", "FLWSECK_TEST", "FLWPUBK-", "FLWPUBK_TEST-"],
        guard: "none",
        least: [{ of: lowerAlphanumeric, length: 12 }],
        body: base64url,
      },
    ],
  },
  {
    name: "mercado_pago_token",
    confidence: "high",
    since: null,
    source: "https://www.mercadopago.com/developers/en/docs/your-integrations/credentials",
    shapes: [
      {
        literals: ["APP_USR-"],
        guard: "none",
        least: [
          { of: digits, length: 14 },
          { of: "0-9-", length: 4 },
          { of: "0-9a-f-", length: 30 },
        ],
        body: base64url,
      },
      { literals: ["APP_USR-"], guard: "none", least: uuid, body: base64url },
    ],
  },
  {
    name: "razorpay_key",
    confidence: "high",
    since: null,
    source: "https://razorpay.com/docs/payments/dashboard/account-settings/api-keys/",
    shapes: [
      {
        literals: ["rzp_live_", "rzp_test_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 14 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "xendit_key",
    confidence: "high",
    since: null,
    source: "https://docs.xendit.co/docs/api-keys",
    shapes: [
      {
        literals: ["xnd_production_", "xnd_development_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 30 }],
        body: base64url,
      },
    ],
  },
  {
    name: "midtrans_key",
    confidence: "high",
    since: null,
    source: "https://docs.midtrans.com/docs/midtrans-account",
    shapes: [
      {
        literals: ["Mid-server-", "Mid-client-"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 16 }],
        body: base64url,
      },
    ],
  },
  {
    name: "pagarme_key",
    confidence: "high",
    since: null,
    source: "https://docs.pagar.me/docs/chaves-de-acesso",
    shapes: [
      {
        literals: ["ak_live_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 30 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "asaas_key",
    confidence: "high",
    since: null,
    source: "https://docs.asaas.com/docs/autenticacao-1",
    shapes: [
      {
        literals: ["$aact_"],
        guard: "none",
        least: [{ of: base64url, length: 24 }],
        body: "$:=A-Za-z0-9_-",
      },
    ],
  },
  {
    name: "paddle_key",
    confidence: "high",
    since: "2025-05-06",
    source: "https://developer.paddle.com/api-reference/about/api-keys",
    shapes: [
      {
        literals: ["pdl_live_apikey_", "pdl_sdbx_apikey_"],
        guard: "none",
        least: [{ of: lowerAlphanumeric, length: 26 }, "_", { of: alphanumeric, length: 22 }],
        body: word,
      },
    ],
  },
  {
    name: "polar_token",
    confidence: "high",
    since: null,
    source: "https://polar.sh/docs/integrate/oat",
    shapes: [
      {
        literals: [
          "polar_oat_",
          "polar_pat_",
          "polar_at_u_",
          "polar_at_o_",
          "polar_rt_u_",
          "polar_rt_o_",
          "polar_at_",
        ],
        guard: "none",
        least: [{ of: alphanumeric, length: 28 }],
        body: base64url,
      },
    ],
  },
];
