/**
 * What is built around language models.
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
  lowerAlphanumeric,
  lowerHex,
  uuid,
  word,
} from "./alphabets.ts";

/** Keys of tools for models: search, traces, vectors, machines. */
export const modelTools: readonly TokenFamily[] = [
  {
    name: "photoroom_key",
    confidence: "high",
    since: null,
    source: "https://docs.photoroom.com/",
    shapes: [
      {
        // A name that its owner gave it, an underscore, and 40 hexadecimal digits.
        literals: ["sk_pr_"],
        guard: "alphanumeric",
        least: [{ of: word, length: 42 }],
        body: word,
      },
    ],
  },
  {
    name: "langfuse_key",
    confidence: "high",
    since: null,
    source: "https://langfuse.com/docs/api-and-data-platform/features/public-api",
    shapes: [{ literals: ["sk-lf-"], guard: "none", least: uuid, body: base64url }],
  },
  {
    name: "langsmith_key",
    confidence: "high",
    since: null,
    source: "https://docs.langchain.com/langsmith/create-account-api-key",
    shapes: [
      {
        literals: ["lsv2_pt_", "lsv2_sk_"],
        guard: "none",
        least: [{ of: hex, length: 32 }],
        body: word,
      },
    ],
  },
  {
    name: "pinecone_key",
    confidence: "high",
    since: null,
    source: "https://docs.pinecone.io/guides/projects/manage-api-keys",
    shapes: [{ literals: ["pcsk_"], guard: "none", least: [{ of: word, length: 60 }], body: word }],
  },
  {
    name: "wandb_key",
    confidence: "high",
    since: null,
    source: "https://docs.wandb.ai/platform/hosting/iam/api-keys",
    shapes: [{ literals: ["wandb_v1_"], guard: "none", least: [{ of: word, length: 60 }], body: word }],
  },
  {
    name: "jina_key",
    confidence: "high",
    since: null,
    source: "https://jina.ai/reader/",
    shapes: [
      { literals: ["jina_"], guard: "none", least: [{ of: alphanumeric, length: 56 }], body: base64url },
    ],
  },
  {
    name: "tavily_key",
    confidence: "high",
    since: null,
    source: "https://docs.tavily.com/documentation/quickstart",
    shapes: [
      {
        literals: ["tvly-", "tvly-dev-", "tvly-prod-"],
        guard: "none",
        least: [{ of: alphanumeric, length: 28 }],
        body: base64url,
      },
      {
        literals: ["tvly-dev-", "tvly-prod-"],
        guard: "none",
        least: [{ of: base64url, length: 32 }],
        body: base64url,
      },
    ],
  },
  {
    name: "firecrawl_key",
    confidence: "high",
    since: null,
    source: "https://docs.firecrawl.dev/introduction",
    shapes: [
      { literals: ["fc-"], guard: "alphanumeric", least: [{ of: lowerHex, length: 32 }], body: alphanumeric },
    ],
  },
  {
    name: "apify_token",
    confidence: "high",
    since: null,
    source: "https://docs.apify.com/platform/integrations/api",
    shapes: [
      {
        literals: ["apify_api_"],
        guard: "none",
        least: [{ of: base64url, length: 30 }],
        body: base64url,
      },
    ],
  },
  {
    name: "e2b_key",
    confidence: "high",
    since: null,
    source: "https://e2b.dev/docs/api-key",
    shapes: [
      {
        literals: ["e2b_"],
        guard: "alphanumeric",
        least: [{ of: lowerHex, length: 40 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "runpod_key",
    confidence: "high",
    since: null,
    source: "https://docs.runpod.io/get-started/api-keys",
    shapes: [
      {
        literals: ["rpa_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 30 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "devin_key",
    confidence: "high",
    since: null,
    source: "https://docs.devin.ai/api-reference/overview",
    shapes: [
      {
        literals: ["apk_user_", "apk_"],
        guard: "alphanumeric",
        least: [{ of: base64, length: 80 }],
        body: `${base64}=`,
      },
      {
        literals: ["cog_"],
        guard: "alphanumeric",
        least: [{ of: "a-z2-7", length: 52 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "salad_key",
    confidence: "high",
    since: null,
    source: "https://docs.salad.com/reference/saladcloud-api/introduction",
    shapes: [
      {
        literals: ["salad_cloud_"],
        guard: "none",
        least: [
          { of: lowerAlphanumeric, length: 1 },
          { of: word, length: 30 },
        ],
        body: word,
      },
    ],
  },
  {
    name: "voiceflow_key",
    confidence: "high",
    since: null,
    source: "https://docs.voiceflow.com/reference/authentication",
    shapes: [
      {
        literals: ["VF.", "VF.DM.", "VF.WS."],
        guard: "alphanumeric",
        least: [{ of: hex, length: 24 }, ".", { of: alphanumeric, length: 16 }],
        body: dotted,
        trimDots: true,
      },
    ],
  },
];
