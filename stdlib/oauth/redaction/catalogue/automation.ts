/**
 * Hooks, checks of identity, games.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import {
  alphanumeric,
  base64url,
  dotted,
  hex,
  lowerAlphanumeric,
  lowerHex,
  uuid,
  word,
} from "./alphabets.ts";

/** Tokens of services that act on events, and of communities. */
export const automation: readonly TokenFamily[] = [
  {
    name: "convertapi_secret",
    confidence: "high",
    since: null,
    source: "https://docs.convertapi.com/docs/authentication",
    shapes: [
      {
        literals: ["secret_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 16 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "onfido_token",
    confidence: "high",
    since: null,
    source: "https://documentation.onfido.com/api/latest/#authentication",
    shapes: [
      {
        literals: [
          "api_live.",
          "api_live_us.",
          "api_live_ca.",
          "api_sandbox.",
          "api_sandbox_us.",
          "api_sandbox_ca.",
        ],
        guard: "none",
        least: [{ of: base64url, length: 11 }, ".", { of: base64url, length: 32 }],
        body: dotted,
        trimDots: true,
      },
      {
        literals: ["api_live.", "api_live_us.", "api_live_ca."],
        guard: "none",
        least: [{ of: base64url, length: 32 }],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "persona_key",
    confidence: "high",
    since: null,
    source: "https://docs.withpersona.com/api-keys",
    shapes: [
      {
        literals: ["persona_production_", "persona_sandbox_"],
        guard: "none",
        least: uuid,
        body: base64url,
      },
    ],
  },
  {
    name: "bannerbear_key",
    confidence: "high",
    since: null,
    source: "https://developers.bannerbear.com/",
    shapes: [
      {
        literals: ["bb_pr_", "bb_ma_"],
        guard: "none",
        least: [{ of: lowerHex, length: 30 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "intra42_secret",
    confidence: "high",
    since: null,
    source: "https://api.intra.42.fr/apidoc/guides/getting_started",
    shapes: [
      {
        literals: ["s-s4t2ud-", "s-s4t2af-", "u-s4t2ud-", "u-s4t2af-"],
        guard: "none",
        least: [{ of: hex, length: 60 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "lichess_token",
    confidence: "high",
    since: null,
    source: "https://lichess.org/api#section/Introduction/Authentication",
    shapes: [
      { literals: ["lip_"], guard: "alphanumeric", least: [{ of: alphanumeric, length: 16 }], body: word },
    ],
  },
  {
    name: "roblox_cookie",
    confidence: "high",
    since: null,
    source: "https://create.roblox.com/docs/cloud/auth",
    shapes: [
      {
        literals: ["steal-your-ROBUX-and-items.|_"],
        guard: "none",
        least: [{ of: word, length: 60 }],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "zapier_webhook",
    confidence: "high",
    since: null,
    source: "https://help.zapier.com/hc/en-us/articles/8496288690317",
    shapes: [
      {
        literals: ["hooks.zapier.com/hooks/catch/"],
        guard: "none",
        least: [{ of: "0-9A-Za-z/", length: 12 }],
        body: "0-9A-Za-z/",
      },
    ],
  },
  {
    name: "tines_webhook",
    confidence: "high",
    since: null,
    source: "https://www.tines.com/docs/actions/types/webhook/",
    shapes: [
      {
        literals: [".tines.com/webhook/"],
        guard: "none",
        least: [{ of: lowerAlphanumeric, length: 32 }, "/", { of: lowerAlphanumeric, length: 32 }],
        body: "/0-9A-Za-z",
      },
    ],
  },
];
