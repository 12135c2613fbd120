/**
 * Watching systems: metrics, logs, errors, feature flags.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import {
  alphanumeric,
  base64,
  base64url,
  dotted,
  hex,
  likeUuid,
  lowerAlphanumeric,
  lowerHex,
  upperAlphanumeric,
  uuid,
  word,
} from "./alphabets.ts";

/** Tokens of monitoring, of product analytics and of feature flags. */
export const observability: readonly TokenFamily[] = [
  {
    name: "grafana_token",
    confidence: "high",
    since: null,
    source: "https://grafana.com/docs/grafana/latest/administration/service-accounts/",
    shapes: [
      {
        literals: ["glsa_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 32 }],
        body: word,
      },
      { literals: ["glc_"], guard: "none", least: [{ of: base64, length: 32 }], body: `${base64}=_-` },
      {
        // The old API keys: base64 of a JSON object with the key first.
        literals: ["eyJrIjoi"],
        guard: "alphanumeric",
        least: [{ of: base64, length: 40 }],
        body: `${base64}=`,
      },
    ],
  },
  {
    name: "sentry_token",
    confidence: "high",
    since: null,
    source: "https://docs.sentry.io/api/auth/",
    shapes: [
      {
        literals: ["sntrys_"],
        guard: "none",
        least: [{ of: base64, length: 50 }],
        body: `${base64}=_-`,
      },
      {
        literals: ["sntryu_", "sntrya_", "sntryi_"],
        guard: "none",
        least: [{ of: lowerHex, length: 60 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "datadog_token",
    confidence: "high",
    since: null,
    source: "https://docs.datadoghq.com/account_management/personal-access-tokens/",
    shapes: [
      {
        literals: ["ddpat_", "ddsat_"],
        guard: "none",
        least: [{ of: base64url, length: 32 }],
        body: base64url,
      },
    ],
  },
  {
    name: "newrelic_key",
    confidence: "high",
    since: null,
    source: "https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/",
    shapes: [
      {
        literals: ["NRAK-", "NRAA-", "NRBR-", "NRII-", "NRIQ-", "NRJS-", "NRRA-", "NRSP-"],
        guard: "none",
        least: [{ of: base64url, length: 19 }],
        body: base64url,
      },
      {
        literals: ["FFFFNRAL"],
        guard: "none",
        before: { of: lowerAlphanumeric, min: 32, max: 32 },
        least: [],
        body: alphanumeric,
      },
      { literals: ["px-api-", "px-dep-"], guard: "none", least: uuid, body: base64url },
    ],
  },
  {
    name: "dynatrace_token",
    confidence: "high",
    since: null,
    source:
      "https://docs.dynatrace.com/docs/manage/identity-access-management/access-tokens-and-oauth-clients",
    shapes: [
      {
        literals: ["dt0"],
        guard: "alphanumeric",
        least: [
          { of: "a-z", length: 1 },
          { of: "0-9", length: 2 },
          ".",
          { of: upperAlphanumeric, length: 8 },
          { of: ".A-Za-z0-9-", length: 40 },
        ],
        body: dotted,
        trimDots: true,
      },
      {
        literals: ["dt0c01.", "dt0s01.", "dt0s02.", "dt0s03.", "dt0s08.", "dt0s16."],
        guard: "none",
        least: [
          { of: alphanumeric, length: 8 },
          { of: ".A-Za-z0-9-", length: 40 },
        ],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "honeycomb_key",
    confidence: "high",
    since: null,
    source: "https://docs.honeycomb.io/configure/environments/manage-api-keys/",
    shapes: [
      {
        literals: ["hcaik_", "hcbik_", "hcxik_", "hcaic_", "hcbic_", "hcxic_", "hcamk_", "hcbmk_", "hcxmk_"],
        guard: "none",
        least: [{ of: lowerAlphanumeric, length: 26 }],
        body: ":A-Za-z0-9",
      },
    ],
  },
  {
    name: "axiom_token",
    confidence: "high",
    since: null,
    source: "https://axiom.co/docs/reference/tokens",
    shapes: [{ literals: ["xaat-", "xapt-"], guard: "none", least: uuid, body: base64url }],
  },
  {
    name: "posthog_key",
    confidence: "high",
    since: null,
    source: "https://posthog.com/docs/api",
    shapes: [
      {
        literals: ["phx_", "phc_", "phs_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 36 }],
        body: base64url,
      },
      {
        literals: ["phx_", "phc_", "phs_"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 41 }],
        body: base64url,
      },
    ],
  },
  {
    name: "fullstory_key",
    confidence: "high",
    since: null,
    source: "https://developer.fullstory.com/server/authentication/",
    shapes: [
      {
        literals: ["na1.", "eu1."],
        guard: "alphanumeric",
        least: [{ of: "A-Za-z0-9+/", length: 90 }],
        body: "A-Za-z0-9+/=",
      },
    ],
  },
  {
    name: "pganalyze_key",
    confidence: "high",
    since: null,
    source: "https://pganalyze.com/docs/api",
    shapes: [
      { literals: ["pgar_"], guard: "none", least: [{ of: alphanumeric, length: 27 }], body: alphanumeric },
    ],
  },
  {
    name: "rootly_key",
    confidence: "high",
    since: null,
    source: "https://docs.rootly.com/api-reference/overview",
    shapes: [
      { literals: ["rootly_"], guard: "none", least: [{ of: lowerHex, length: 60 }], body: alphanumeric },
    ],
  },
  {
    name: "launchdarkly_key",
    confidence: "high",
    since: null,
    source: "https://launchdarkly.com/docs/home/account/api",
    shapes: [{ literals: ["api-", "sdk-", "mob-"], guard: "alphanumeric", least: likeUuid, body: base64url }],
  },
  {
    name: "statsig_key",
    confidence: "high",
    since: null,
    source: "https://docs.statsig.com/access-management/api-keys",
    shapes: [
      {
        literals: ["secret-", "console-"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 40 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "devcycle_key",
    confidence: "high",
    since: null,
    source: "https://docs.devcycle.com/platform/account-management/sdk-keys",
    shapes: [
      {
        literals: ["dvc_server_", "dvc_client_", "dvc_mobile_"],
        guard: "none",
        least: [
          { of: hex, length: 8 },
          { of: base64url, length: 20 },
        ],
        body: base64url,
      },
    ],
  },
  {
    name: "configcat_key",
    confidence: "high",
    since: null,
    source: "https://configcat.com/docs/sdk-reference/overview/",
    shapes: [
      {
        literals: ["configcat-sdk-1/"],
        guard: "none",
        least: [{ of: base64url, length: 22 }, "/", { of: base64url, length: 22 }],
        body: "/A-Za-z0-9_-",
      },
    ],
  },
];
