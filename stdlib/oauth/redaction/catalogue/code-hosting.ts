/**
 * Where code is kept.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import {
  alphanumeric,
  base64url,
  digits,
  dotted,
  hex,
  lowerAlphanumeric,
  lowerHex,
  word,
} from "./alphabets.ts";

/** Tokens of code hosts and of the search in them. */
export const codeHosting: readonly TokenFamily[] = [
  {
    name: "github_token",
    confidence: "high",
    since: "2026-04-27",
    source:
      "https://github.blog/changelog/2026-05-15-github-app-installation-tokens-per-request-override-header/",
    shapes: [
      {
        literals: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 36 }],
        body: dotted,
        trimDots: true,
      },
      {
        // Stateless installation tokens: the app's number, an underscore, a JWT; about 520 characters.
        literals: ["ghs_"],
        guard: "none",
        least: [
          { of: digits, length: 1 },
          { of: dotted, length: 36 },
        ],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "github_pat_fine",
    confidence: "high",
    since: "2022-10-18",
    source:
      "https://github.blog/security/application-security/introducing-fine-grained-personal-access-tokens-for-github/",
    shapes: [
      {
        literals: ["github_pat_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 20 }],
        body: dotted,
        trimDots: true,
      },
      {
        literals: ["github_pat_"],
        guard: "none",
        least: [{ of: word, length: 60 }],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "gitlab_token",
    confidence: "high",
    since: null,
    source: "https://docs.gitlab.com/security/tokens/",
    shapes: [
      {
        // Routable tokens have dots between their parts.
        literals: [
          "glpat-",
          "gldt-",
          "glrt-",
          "glrtr-",
          "glft-",
          "glimt-",
          "glsoat-",
          "glffct-",
          "gltok-",
          "glwt-",
          "gloas-",
          "glptt-",
          "GR1348941",
        ],
        guard: "none",
        least: [{ of: base64url, length: 20 }],
        body: dotted,
        trimDots: true,
      },
      {
        literals: ["glcbt-"],
        guard: "none",
        least: [
          { of: alphanumeric, length: 1 },
          { of: base64url, length: 21 },
        ],
        body: dotted,
        trimDots: true,
      },
      {
        literals: ["glagent-"],
        guard: "none",
        least: [{ of: base64url, length: 50 }],
        body: dotted,
        trimDots: true,
      },
      {
        literals: ["_gitlab_session="],
        guard: "none",
        least: [{ of: lowerAlphanumeric, length: 32 }],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "bitbucket_token",
    confidence: "high",
    since: null,
    source: "https://support.atlassian.com/bitbucket-cloud/docs/using-app-passwords/",
    shapes: [
      {
        literals: ["ATBB"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 24 }],
        body: `=.${base64url}`,
        trimDots: true,
      },
      {
        literals: ["BBDC-"],
        guard: "none",
        least: [{ of: "A-Za-z0-9+/@_-", length: 40 }],
        body: "A-Za-z0-9+/@=_-",
      },
    ],
  },
  {
    name: "atlassian_token",
    confidence: "high",
    since: null,
    source:
      "https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/",
    shapes: [
      {
        literals: ["ATATT3"],
        guard: "none",
        least: [{ of: `+/${base64url}`, length: 40 }],
        body: `+/=${base64url}`,
      },
      {
        // The literal alone is certain, so that one which was cut off counts.
        literals: ["ATCTT3xFfG"],
        guard: "none",
        least: [{ of: `+/${base64url}`, length: 12 }],
        body: `+/=${base64url}`,
      },
    ],
  },
  {
    name: "trello_token",
    confidence: "high",
    since: null,
    source: "https://developer.atlassian.com/cloud/trello/guides/rest-api/authorization/",
    shapes: [{ literals: ["ATTA"], guard: "none", least: [{ of: hex, length: 60 }], body: alphanumeric }],
  },
  {
    name: "sourcegraph_token",
    confidence: "high",
    since: null,
    source: "https://sourcegraph.com/docs/cli/how-tos/creating-an-access-token",
    shapes: [
      { literals: ["sgp_"], guard: "none", least: [{ of: hex, length: 40 }], body: word },
      {
        literals: ["sgp_"],
        guard: "none",
        least: [{ of: hex, length: 16 }, "_", { of: hex, length: 40 }],
        body: word,
      },
      {
        literals: ["sgp_"],
        guard: "none",
        least: [{ of: hex, length: 16 }, "_local_", { of: hex, length: 40 }],
        body: word,
      },
      { literals: ["sgp_local_"], guard: "none", least: [{ of: hex, length: 40 }], body: word },
      { literals: ["slk_"], guard: "none", least: [{ of: lowerHex, length: 64 }], body: alphanumeric },
    ],
  },
  {
    name: "gitpod_token",
    confidence: "high",
    since: null,
    source: "https://www.gitpod.io/docs/classic/user/configure/user-settings/personal-access-tokens",
    shapes: [
      {
        literals: ["gitpod_pat_"],
        guard: "none",
        least: [{ of: dotted, length: 40 }],
        body: dotted,
        trimDots: true,
      },
    ],
  },
];
