/**
 * Tools that developers use.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { alphanumeric, base64url, dotted, lowerAlphanumeric, uuid } from "./alphabets.ts";

/** Tokens of interfaces, of documentation and of maps. */
export const developerTools: readonly TokenFamily[] = [
  {
    name: "postman_key",
    confidence: "high",
    since: null,
    source: "https://learning.postman.com/docs/reference/postman-api/authentication/",
    shapes: [
      {
        literals: ["PMAK-"],
        guard: "none",
        least: [{ of: alphanumeric, length: 24 }, "-", { of: alphanumeric, length: 30 }],
        body: "A-Za-z0-9-",
      },
      { literals: ["PMAT-"], guard: "none", least: [{ of: alphanumeric, length: 24 }], body: "A-Za-z0-9-" },
    ],
  },
  {
    name: "readme_key",
    confidence: "high",
    since: null,
    source: "https://docs.readme.com/main/reference/authentication",
    shapes: [
      {
        literals: ["rdme_"],
        guard: "none",
        least: [{ of: lowerAlphanumeric, length: 60 }],
        body: alphanumeric,
      },
    ],
  },

  {
    name: "wakatime_key",
    confidence: "high",
    since: null,
    source: "https://wakatime.com/developers#authentication",
    shapes: [{ literals: ["waka_"], guard: "none", least: uuid, body: base64url }],
  },
  {
    name: "adafruit_key",
    confidence: "high",
    since: null,
    source: "https://io.adafruit.com/api/docs/#authentication",
    shapes: [
      {
        literals: ["aio_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 28 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "settlemint_token",
    confidence: "high",
    since: null,
    source: "https://console.settlemint.com/documentation/",
    shapes: [
      {
        literals: ["sm_pat_", "sm_aat_", "sm_sat_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 16 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "mapbox_token",
    confidence: "high",
    since: null,
    source: "https://docs.mapbox.com/help/dive-deeper/access-tokens/",
    shapes: [
      {
        literals: ["sk.eyJ", "tk.eyJ", "pk.eyJ"],
        guard: "none",
        least: [{ of: base64url, length: 40 }],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "ubidots_key",
    confidence: "high",
    since: null,
    source: "https://docs.ubidots.com/reference/authentication",
    shapes: [
      {
        literals: ["BBFF-", "BBUS-"],
        guard: "none",
        least: [{ of: alphanumeric, length: 30 }],
        body: alphanumeric,
      },
    ],
  },
];
