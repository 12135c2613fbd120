/**
 * Work: documents, design, customers.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { alphanumeric, base64url, digits, dotted, lowerHex, uuid, word } from "./alphabets.ts";

/** Tokens of office, design and sales services. */
export const business: readonly TokenFamily[] = [
  {
    name: "linear_key",
    confidence: "high",
    since: null,
    source: "https://linear.app/developers/graphql",
    shapes: [
      {
        literals: ["lin_api_", "lin_oauth_", "lin_wh_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 32 }],
        body: word,
      },
    ],
  },
  {
    name: "notion_token",
    confidence: "high",
    since: "2024-09-25",
    source: "https://developers.notion.com/reference/authentication",
    shapes: [
      {
        literals: ["ntn_"],
        guard: "none",
        least: [
          { of: digits, length: 8 },
          { of: alphanumeric, length: 32 },
        ],
        body: alphanumeric,
      },
      {
        literals: ["secret_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 43 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "figma_token",
    confidence: "high",
    since: null,
    source: "https://developers.figma.com/docs/rest-api/authentication/",
    shapes: [
      {
        literals: ["figd_", "figp_", "figu_", "figur_", "figo_", "figor_", "figoh_", "figh_"],
        guard: "none",
        least: [{ of: `=${base64url}`, length: 36 }],
        body: `=${base64url}`,
      },
    ],
  },
  {
    name: "hubspot_token",
    confidence: "high",
    since: null,
    source:
      "https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/account-service-keys",
    shapes: [
      {
        literals: ["pat-na1-", "pat-na2-", "pat-na3-", "pat-eu1-", "pat-ap1-"],
        guard: "none",
        least: uuid,
        body: base64url,
      },
    ],
  },
  {
    name: "contentful_token",
    confidence: "high",
    since: null,
    source: "https://www.contentful.com/developers/docs/references/authentication/",
    shapes: [
      { literals: ["CFPAT-"], guard: "none", least: [{ of: base64url, length: 40 }], body: base64url },
    ],
  },
  {
    name: "typeform_token",
    confidence: "high",
    since: null,
    source: "https://www.typeform.com/developers/get-started/personal-access-token/",
    shapes: [
      {
        literals: ["tfp_"],
        guard: "none",
        least: [{ of: base64url, length: 36 }],
        body: "=.A-Za-z0-9_-",
        trimDots: true,
      },
    ],
  },
  {
    name: "clickup_token",
    confidence: "high",
    since: null,
    source: "https://developer.clickup.com/docs/authentication",
    shapes: [
      {
        literals: ["pk_"],
        guard: "alphanumeric",
        least: [
          { of: digits, length: 6 },
          { of: "0-9_", length: 1 },
          { of: "0-9A-Z_", length: 32 },
        ],
        body: word,
      },
    ],
  },
  {
    name: "salesforce_token",
    confidence: "high",
    since: null,
    source: "https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_tokens_scopes.htm",
    shapes: [
      {
        literals: ["!AQ", "!AR"],
        guard: "alphanumeric",
        before: { of: alphanumeric, min: 15, max: 18 },
        least: [{ of: "A-Za-z0-9_.", length: 80 }],
        body: dotted,
        trimDots: true,
      },
      {
        literals: ["5Aep861"],
        guard: "none",
        least: [{ of: "A-Za-z0-9._=", length: 60 }],
        body: "=.A-Za-z0-9_-",
        trimDots: true,
      },
    ],
  },
  {
    name: "zoho_token",
    confidence: "high",
    since: null,
    source: "https://www.zoho.com/accounts/protocol/oauth/web-apps/access-token.html",
    shapes: [
      {
        literals: ["1000."],
        guard: "alphanumeric",
        least: [{ of: lowerHex, length: 32 }, ".", { of: lowerHex, length: 32 }],
        body: ".0-9A-Za-z",
        trimDots: true,
      },
    ],
  },
  {
    name: "close_key",
    confidence: "high",
    since: null,
    source: "https://developer.close.com/topics/authentication/",
    shapes: [
      {
        literals: ["api_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 22 }, ".", { of: alphanumeric, length: 22 }],
        body: ".A-Za-z0-9",
        trimDots: true,
      },
      {
        literals: ["api_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 42 }],
        body: ".A-Za-z0-9",
        trimDots: true,
      },
    ],
  },
  {
    name: "adobe_client_secret",
    confidence: "high",
    since: null,
    source: "https://developer.adobe.com/developer-console/docs/guides/authentication/",
    shapes: [{ literals: ["p8e-"], guard: "none", least: [{ of: base64url, length: 32 }], body: base64url }],
  },
  {
    name: "canva_secret",
    confidence: "high",
    since: null,
    source: "https://www.canva.dev/docs/connect/authentication/",
    shapes: [
      { literals: ["cnvca"], guard: "alphanumeric", least: [{ of: base64url, length: 48 }], body: base64url },
    ],
  },
  {
    name: "frameio_token",
    confidence: "high",
    since: null,
    source: "https://developer.frame.io/docs/getting-started/authentication",
    shapes: [
      {
        literals: ["fio-u-"],
        guard: "none",
        least: [{ of: `=${base64url}`, length: 60 }],
        body: `=${base64url}`,
      },
    ],
  },
];
