/**
 * Databases and what keeps data.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { alphanumeric, base64url, digits, lowerAlphanumeric, lowerHex, word } from "./alphabets.ts";

/** Tokens of databases, of analytics and of file stores. */
export const dataStores: readonly TokenFamily[] = [
  {
    name: "iex_key",
    confidence: "high",
    since: null,
    source: "https://iexcloud.io/docs/",
    shapes: [
      {
        literals: ["sk_"],
        guard: "alphanumeric",
        least: [{ of: lowerHex, length: 32 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "databricks_token",
    confidence: "high",
    since: null,
    source: "https://docs.databricks.com/aws/en/dev-tools/auth/pat",
    shapes: [
      {
        literals: ["dapi", "dose"],
        guard: "none",
        least: [{ of: "0-9A-Fa-f", length: 32 }],
        body: "A-Za-z0-9-",
      },
    ],
  },
  {
    name: "mongodb_atlas_secret",
    confidence: "high",
    since: null,
    source: "https://www.mongodb.com/docs/atlas/api/service-accounts-overview/",
    shapes: [
      { literals: ["mdb_sa_sk_"], guard: "none", least: [{ of: base64url, length: 36 }], body: base64url },
    ],
  },
  {
    name: "neon_key",
    confidence: "high",
    since: null,
    source: "https://neon.com/docs/manage/api-keys",
    shapes: [
      { literals: ["napi_"], guard: "none", least: [{ of: alphanumeric, length: 56 }], body: alphanumeric },
    ],
  },
  {
    name: "planetscale_token",
    confidence: "high",
    since: null,
    source: "https://planetscale.com/docs/concepts/service-tokens",
    shapes: [
      {
        literals: ["pscale_tkn_", "pscale_pw_", "pscale_oauth_", "pscale_otkn_"],
        guard: "none",
        least: [{ of: "A-Za-z0-9=._-", length: 32 }],
        body: "A-Za-z0-9=._-",
        trimDots: true,
      },
    ],
  },
  {
    name: "supabase_key",
    confidence: "high",
    since: null,
    source: "https://supabase.com/docs/guides/api/api-keys",
    shapes: [
      {
        literals: ["sbp_", "sbp_oauth_", "sbp_v0_"],
        guard: "none",
        least: [{ of: lowerAlphanumeric, length: 40 }],
        body: base64url,
      },
      {
        literals: ["sb_secret_"],
        guard: "none",
        least: [{ of: base64url, length: 22 }, "_", { of: base64url, length: 8 }],
        body: base64url,
      },
    ],
  },
  {
    name: "cockroach_key",
    confidence: "high",
    since: null,
    source: "https://www.cockroachlabs.com/docs/cockroachcloud/managing-access",
    shapes: [
      {
        literals: ["CCDB1_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 22 }, "_", { of: alphanumeric, length: 36 }],
        body: word,
      },
    ],
  },
  {
    name: "astra_token",
    confidence: "high",
    since: null,
    source: "https://docs.datastax.com/en/astra-db-serverless/administration/manage-application-tokens.html",
    shapes: [
      {
        literals: ["AstraCS:"],
        guard: "none",
        least: [{ of: alphanumeric, length: 20 }],
        body: ":A-Za-z0-9_-",
      },
    ],
  },
  {
    name: "elastic_cloud_key",
    confidence: "high",
    since: null,
    source: "https://www.elastic.co/docs/deploy-manage/api-keys/elastic-cloud-api-keys",
    shapes: [
      {
        literals: ["essu_"],
        guard: "none",
        least: [{ of: base64url, length: 56 }],
        body: `=${base64url}`,
      },
    ],
  },
  {
    name: "aiven_password",
    confidence: "high",
    since: null,
    source: "https://aiven.io/docs/platform/concepts/authentication-tokens",
    shapes: [
      {
        literals: ["AVNS_"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 19 }],
        body: base64url,
      },
    ],
  },
  {
    name: "xata_key",
    confidence: "high",
    since: null,
    source: "https://xata.io/docs/concepts/api-keys",
    shapes: [
      {
        literals: ["xau_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 36 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "cloudinary_url",
    confidence: "high",
    since: null,
    source: "https://cloudinary.com/documentation/how_to_integrate_cloudinary",
    shapes: [
      {
        literals: ["cloudinary://"],
        guard: "none",
        least: [
          { of: digits, length: 12 },
          { of: ":A-Za-z0-9_-", length: 24 },
        ],
        body: ":@A-Za-z0-9_-",
      },
    ],
  },
  {
    name: "airtable_token",
    confidence: "high",
    since: null,
    source: "https://airtable.com/developers/web/guides/personal-access-tokens",
    shapes: [
      {
        literals: ["pat"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 14 }, ".", { of: lowerHex, length: 60 }],
        body: ".A-Za-z0-9",
        trimDots: true,
      },
      {
        // Of the OAuth flow.
        literals: [".v1.eyJ"],
        guard: "alphanumeric",
        before: { of: alphanumeric, min: 16, max: 24 },
        least: [{ of: base64url, length: 60 }],
        body: ".A-Za-z0-9_=-",
        trimDots: true,
      },
    ],
  },
  {
    name: "dbt_token",
    confidence: "high",
    since: null,
    source: "https://docs.getdbt.com/docs/dbt-cloud-apis/authentication",
    shapes: [
      {
        literals: ["dbtc_", "dbtu_"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 36 }],
        body: base64url,
      },
    ],
  },
  {
    name: "dropbox_token",
    confidence: "high",
    since: null,
    source: "https://developers.dropbox.com/oauth-guide",
    shapes: [
      {
        literals: ["sl.", "sl.u."],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 100 }],
        body: ".A-Za-z0-9_-",
        trimDots: true,
      },
    ],
  },
  {
    name: "segment_token",
    confidence: "high",
    since: null,
    source: "https://segment.com/docs/api/public-api/",
    shapes: [
      { literals: ["sgp_"], guard: "none", least: [{ of: alphanumeric, length: 64 }], body: alphanumeric },
    ],
  },
  {
    name: "tableau_token",
    confidence: "high",
    since: null,
    source: "https://help.tableau.com/current/online/en-us/security_personal_access_tokens.htm",
    shapes: [
      {
        literals: ["==:"],
        guard: "alphanumeric",
        before: { of: "A-Za-z0-9+/", min: 22, max: 22 },
        least: [{ of: alphanumeric, length: 32 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "maxmind_key",
    confidence: "high",
    since: null,
    source: "https://dev.maxmind.com/license-key",
    shapes: [
      {
        literals: ["_mmk"],
        guard: "alphanumeric",
        before: { of: word, min: 36, max: 36 },
        least: [],
        body: word,
      },
    ],
  },
];
