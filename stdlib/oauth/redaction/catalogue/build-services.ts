/**
 * Building, testing and releasing software.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { alphanumeric, base64url, dotted, lowerHex, word } from "./alphabets.ts";

/** Tokens of build and release services. */
export const buildServices: readonly TokenFamily[] = [
  {
    name: "circleci_token",
    confidence: "high",
    since: null,
    source: "https://circleci.com/docs/managing-api-tokens/",
    shapes: [
      {
        literals: ["CCIPAT_", "CCIPRJ_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 20 }],
        body: word,
      },
    ],
  },
  {
    name: "buildkite_token",
    confidence: "high",
    since: null,
    source: "https://buildkite.com/docs/platform/security/tokens",
    shapes: [
      {
        literals: ["bkua_", "bkaa_", "bkaj_", "bkar_", "bkct_", "bkpt_", "bkpat_", "bkps_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 20 }],
        body: base64url,
      },
      {
        literals: ["bkaa_", "bkaj_", "bkar_", "bkct_", "bkpt_", "bkpat_", "bkps_"],
        guard: "none",
        least: [{ of: base64url, length: 54 }],
        body: base64url,
      },
    ],
  },
  {
    name: "sonar_token",
    confidence: "high",
    since: null,
    source: "https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/",
    shapes: [
      {
        literals: ["squ_", "sqp_", "sqa_", "sqb_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 40 }],
        body: alphanumeric,
      },
      { literals: ["sqco_"], guard: "none", least: [{ of: alphanumeric, length: 50 }], body: alphanumeric },
    ],
  },
  {
    name: "octopus_key",
    confidence: "high",
    since: null,
    source: "https://octopus.com/docs/octopus-rest-api/how-to-create-an-api-key",
    shapes: [
      {
        literals: ["API-"],
        guard: "alphanumeric",
        least: [{ of: "A-Z0-9", length: 26 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "harness_token",
    confidence: "high",
    since: null,
    source: "https://developer.harness.io/docs/platform/automation/api/add-and-manage-api-keys/",
    shapes: [
      {
        literals: ["pat.", "sat."],
        guard: "alphanumeric",
        least: [
          { of: base64url, length: 22 },
          ".",
          { of: alphanumeric, length: 24 },
          ".",
          { of: alphanumeric, length: 20 },
        ],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "mergify_key",
    confidence: "high",
    since: null,
    source: "https://github.com/betterleaks/betterleaks",
    shapes: [
      {
        literals: ["mergify_application_key_"],
        guard: "none",
        least: [{ of: base64url, length: 40 }],
        body: base64url,
      },
    ],
  },
  {
    name: "pulumi_token",
    confidence: "high",
    since: null,
    source: "https://www.pulumi.com/docs/pulumi-cloud/access-management/access-tokens/",
    shapes: [
      { literals: ["pul-"], guard: "none", least: [{ of: lowerHex, length: 40 }], body: alphanumeric },
    ],
  },
  {
    name: "infracost_key",
    confidence: "high",
    since: null,
    source: "https://www.infracost.io/docs/features/cli_commands/",
    shapes: [
      {
        literals: ["ico-"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 32 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "prefect_key",
    confidence: "high",
    since: null,
    source: "https://docs.prefect.io/v3/how-to-guides/cloud/manage-users/api-keys",
    shapes: [
      {
        literals: ["pnu_", "pnb_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 36 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "terraform_token",
    confidence: "high",
    since: null,
    source: "https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens",
    shapes: [
      {
        literals: [".atlasv1."],
        guard: "none",
        before: { of: alphanumeric, min: 14, max: 32 },
        least: [{ of: `=${base64url}`, length: 60 }],
        body: `=${base64url}`,
      },
    ],
  },
];
