/**
 * Tools that look for weaknesses.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { alphanumeric, base64url, dotted, hex, lowerHex, word } from "./alphabets.ts";

/** Tokens of scanners. */
export const securityTools: readonly TokenFamily[] = [
  {
    name: "snyk_token",
    confidence: "high",
    since: null,
    source: "https://docs.snyk.io/snyk-api/authentication-for-api",
    shapes: [
      {
        literals: ["snyk_uat.", "snyk_sat."],
        guard: "none",
        least: [{ of: hex, length: 8 }, ".", { of: base64url, length: 20 }],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "aikido_token",
    confidence: "high",
    since: null,
    source: "https://github.com/betterleaks/betterleaks",
    shapes: [
      {
        literals: ["AIK_CI_", "AIK_CLIENT_", "AIK_SECRET_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 20 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "stackhawk_key",
    confidence: "high",
    since: null,
    source: "https://docs.stackhawk.com/web-app-security/credentials/",
    shapes: [
      {
        literals: ["hawk."],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 20 }, ".", { of: base64url, length: 20 }],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "trufflehog_key",
    confidence: "high",
    since: null,
    source: "https://github.com/trufflesecurity/trufflehog",
    shapes: [
      {
        literals: ["thog-key-", "thog-secret-"],
        guard: "none",
        least: [{ of: hex, length: 16 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "nightfall_key",
    confidence: "high",
    since: null,
    source: "https://help.nightfall.ai/developer-api/key_concepts/authentication-and-security",
    shapes: [
      {
        literals: ["NF-"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 32 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "endor_labs_key",
    confidence: "high",
    since: null,
    source: "https://docs.endorlabs.com/administration/api-keys/",
    shapes: [
      {
        literals: ["endr+"],
        guard: "none",
        least: [{ of: "A-Za-z0-9-", length: 16 }],
        body: "A-Za-z0-9-",
      },
    ],
  },
  {
    name: "spectral_key",
    confidence: "high",
    since: null,
    source: "https://github.com/trufflesecurity/trufflehog",
    shapes: [
      {
        literals: ["spu-"],
        guard: "alphanumeric",
        least: [{ of: lowerHex, length: 32 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "dependency_track_key",
    confidence: "high",
    since: null,
    source: "https://docs.dependencytrack.org/integrations/rest-api/",
    shapes: [
      { literals: ["odt_"], guard: "alphanumeric", least: [{ of: alphanumeric, length: 32 }], body: word },
    ],
  },
];
