/**
 * Registries of packages and images.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { alphanumeric, base64, base64url, lowerAlphanumeric, lowerHex, uuid } from "./alphabets.ts";

/** Tokens for publishing. */
export const packageRegistries: readonly TokenFamily[] = [
  {
    name: "npm_token",
    confidence: "high",
    since: "2021-09-23",
    source: "https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/",
    shapes: [
      { literals: ["npm_"], guard: "none", least: [{ of: alphanumeric, length: 36 }], body: base64url },
      { literals: ["NpmToken."], guard: "none", least: uuid, body: base64url },
    ],
  },
  {
    name: "pypi_token",
    confidence: "high",
    since: null,
    source: "https://pypi.org/help/#apitoken",
    shapes: [
      {
        // Base64 of a macaroon: its version, a tag, then the registry's host.
        literals: ["pypi-AgE"],
        guard: "none",
        least: [{ of: base64url, length: 40 }],
        body: base64url,
      },
    ],
  },
  {
    name: "rubygems_key",
    confidence: "high",
    since: null,
    source: "https://guides.rubygems.org/api-key-scopes/",
    shapes: [
      {
        literals: ["rubygems_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 40 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "nuget_key",
    confidence: "high",
    since: null,
    source: "https://learn.microsoft.com/en-us/nuget/nuget-org/publish-a-package",
    shapes: [
      {
        literals: ["oy2"],
        guard: "alphanumeric",
        least: [{ of: lowerAlphanumeric, length: 43 }],
        body: lowerAlphanumeric,
      },
    ],
  },
  {
    name: "clojars_token",
    confidence: "high",
    since: null,
    source: "https://github.com/clojars/clojars-web/wiki/Deploy-Tokens",
    shapes: [
      {
        literals: ["clojars_"],
        ignoreCase: true,
        guard: "none",
        least: [{ of: alphanumeric, length: 56 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "docker_hub_token",
    confidence: "high",
    since: null,
    source: "https://docs.docker.com/security/access-tokens/",
    shapes: [
      {
        literals: ["dckr_pat_", "dckr_oat_"],
        guard: "none",
        least: [{ of: base64url, length: 26 }],
        body: base64url,
      },
    ],
  },
  {
    name: "jfrog_token",
    confidence: "high",
    since: null,
    source: "https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens",
    shapes: [
      {
        literals: ["AKCp"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 64 }],
        body: alphanumeric,
      },
      {
        // Base64 of `reftkn:` and what follows.
        literals: ["cmVmdGtu"],
        guard: "none",
        least: [{ of: alphanumeric, length: 48 }],
        body: `${base64}=`,
      },
    ],
  },
  {
    name: "cloudsmith_key",
    confidence: "high",
    since: null,
    source: "https://docs.cloudsmith.com/accounts-and-teams/api-key",
    shapes: [
      {
        literals: ["csa_"],
        guard: "alphanumeric",
        least: [
          { of: lowerHex, length: 30 },
          { of: alphanumeric, length: 6 },
        ],
        body: alphanumeric,
      },
    ],
  },
];
