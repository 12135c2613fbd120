/**
 * Hosting.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { alphanumeric, base64, base64url, lowerHex, upperAlphanumeric, uuid } from "./alphabets.ts";

/** Tokens of those who run software for others. */
export const hosting: readonly TokenFamily[] = [
  {
    name: "digitalocean_token",
    confidence: "high",
    since: null,
    source: "https://docs.digitalocean.com/reference/api/create-personal-access-token/",
    shapes: [
      {
        literals: ["dop_v1_", "doo_v1_", "dor_v1_"],
        guard: "none",
        least: [{ of: lowerHex, length: 60 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "heroku_key",
    confidence: "high",
    since: null,
    source: "https://devcenter.heroku.com/articles/authentication",
    shapes: [
      {
        literals: ["HRKU-"],
        guard: "none",
        least: [{ of: base64url, length: 50 }],
        body: base64url,
      },
      { literals: ["HRKU-"], guard: "none", least: uuid, body: base64url },
    ],
  },
  {
    name: "fly_token",
    confidence: "high",
    since: null,
    source: "https://fly.io/docs/security/tokens/",
    shapes: [
      {
        literals: ["fm1r_", "fm1a_", "fm2_"],
        guard: "none",
        least: [{ of: base64, length: 80 }],
        body: `${base64}=,_-`,
      },
      { literals: ["fo1_"], guard: "alphanumeric", least: [{ of: base64url, length: 43 }], body: base64url },
    ],
  },
  {
    name: "scaleway_access_key",
    confidence: "high",
    since: null,
    source: "https://www.scaleway.com/en/docs/iam/how-to/create-api-keys/",
    shapes: [
      {
        literals: ["SCW"],
        guard: "alphanumeric",
        least: [{ of: upperAlphanumeric, length: 17 }],
        body: upperAlphanumeric,
      },
    ],
  },
  {
    name: "vercel_token",
    confidence: "high",
    since: "2026-01-01",
    source: "https://vercel.com/changelog/new-token-formats-and-secret-scanning",
    shapes: [
      {
        literals: ["vcp_", "vci_", "vca_", "vcr_", "vck_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 24 }],
        body: base64url,
      },
      {
        literals: ["vcp_", "vci_", "vca_", "vcr_", "vck_"],
        guard: "none",
        least: [{ of: base64url, length: 50 }],
        body: base64url,
      },
    ],
  },
  {
    name: "netlify_token",
    confidence: "high",
    since: null,
    source: "https://docs.netlify.com/api-and-cli-guides/api-guides/get-started-with-api/",
    shapes: [
      {
        literals: ["nfp_", "nfo_", "nfc_", "nfu_", "nfb_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 36 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "render_key",
    confidence: "high",
    since: null,
    source: "https://render.com/docs/api",
    shapes: [
      {
        literals: ["rnd_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 28 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "scalingo_token",
    confidence: "high",
    since: null,
    source: "https://developers.scalingo.com/",
    shapes: [
      {
        literals: ["tk-us-"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 48 }],
        body: base64url,
      },
    ],
  },
  {
    name: "upcloud_token",
    confidence: "high",
    since: null,
    source: "https://upcloud.com/docs/guides/managing-api-tokens/",
    shapes: [
      {
        literals: ["ucat_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 24 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "exoscale_key",
    confidence: "high",
    since: null,
    source: "https://community.exoscale.com/product/iam/how-to/api-keys/",
    shapes: [
      { literals: ["EXO"], guard: "alphanumeric", least: [{ of: lowerHex, length: 24 }], body: alphanumeric },
    ],
  },
  {
    name: "deno_token",
    confidence: "high",
    since: null,
    source: "https://docs.deno.com/deploy/classic/deployctl/",
    shapes: [
      {
        literals: ["ddp_", "ddw_", "ddo_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 36 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "val_town_token",
    confidence: "high",
    since: null,
    source: "https://docs.val.town/reference/api/authentication/",
    shapes: [
      { literals: ["vtwn_"], guard: "none", least: [{ of: alphanumeric, length: 20 }], body: base64url },
    ],
  },
];
