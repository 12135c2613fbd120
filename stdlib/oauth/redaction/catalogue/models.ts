/**
 * Language models.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { alphanumeric, base64url, lowerHex } from "./alphabets.ts";

/** Keys of model providers. */
export const models: readonly TokenFamily[] = [
  {
    name: "huggingface_token",
    confidence: "high",
    since: null,
    source: "https://huggingface.co/docs/hub/security-tokens",
    shapes: [
      {
        literals: ["hf_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 30 }],
        body: alphanumeric,
      },
      {
        literals: ["api_org_"],
        guard: "none",
        least: [{ of: alphanumeric, length: 30 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "cerebras_key",
    confidence: "high",
    since: null,
    source: "https://inference-docs.cerebras.ai/quickstart",
    shapes: [
      { literals: ["csk-"], guard: "none", least: [{ of: alphanumeric, length: 40 }], body: base64url },
    ],
  },
  {
    name: "together_key",
    confidence: "high",
    since: null,
    source: "https://docs.together.ai/docs/quickstart",
    shapes: [
      { literals: ["tgp_v1_"], guard: "none", least: [{ of: base64url, length: 40 }], body: base64url },
    ],
  },
  {
    name: "anthropic_key",
    confidence: "high",
    since: null,
    source: "https://platform.claude.com/docs/en/api/overview",
    shapes: [
      {
        // API and administration keys; access, refresh and session tokens.
        literals: ["sk-ant-api03-", "sk-ant-admin01-", "sk-ant-oat01-", "sk-ant-ort01-", "sk-ant-sid"],
        guard: "none",
        least: [{ of: base64url, length: 24 }],
        body: base64url,
      },
      { literals: ["sk-ant-"], guard: "none", least: [{ of: base64url, length: 32 }], body: base64url },
    ],
  },
  {
    name: "openrouter_key",
    confidence: "high",
    since: null,
    source: "https://openrouter.ai/docs/api-reference/authentication",
    shapes: [
      { literals: ["sk-or-v1-"], guard: "none", least: [{ of: alphanumeric, length: 40 }], body: base64url },
    ],
  },
  {
    name: "minimax_key",
    confidence: "high",
    since: null,
    source: "https://github.com/betterleaks/betterleaks",
    shapes: [
      { literals: ["sk-api-"], guard: "none", least: [{ of: base64url, length: 80 }], body: base64url },
    ],
  },
  {
    name: "openai_key",
    confidence: "high",
    since: null,
    source: "https://platform.openai.com/docs/api-reference/authentication",
    shapes: [
      {
        literals: ["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-service-", "sk-None-"],
        guard: "none",
        least: [{ of: base64url, length: 40 }],
        body: base64url,
      },
      {
        // Many other vendors write their keys so, too.
        literals: ["sk-"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 20 }],
        body: base64url,
      },
      {
        literals: ["sess-"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 40 }],
        body: base64url,
      },
    ],
  },
  {
    name: "groq_key",
    confidence: "high",
    since: null,
    source: "https://console.groq.com/docs/quickstart",
    shapes: [
      { literals: ["gsk_"], guard: "none", least: [{ of: alphanumeric, length: 48 }], body: alphanumeric },
    ],
  },
  {
    name: "xai_key",
    confidence: "high",
    since: null,
    source: "https://docs.x.ai/docs/overview",
    shapes: [{ literals: ["xai-"], guard: "none", least: [{ of: base64url, length: 64 }], body: base64url }],
  },
  {
    name: "perplexity_key",
    confidence: "high",
    since: null,
    source: "https://docs.perplexity.ai/getting-started/quickstart",
    shapes: [
      { literals: ["pplx-"], guard: "none", least: [{ of: alphanumeric, length: 40 }], body: alphanumeric },
    ],
  },
  {
    name: "replicate_token",
    confidence: "high",
    since: null,
    source: "https://replicate.com/docs/topics/security/api-tokens",
    shapes: [
      {
        literals: ["r8_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 37 }],
        body: base64url,
      },
    ],
  },
  {
    name: "nvidia_key",
    confidence: "high",
    since: null,
    source: "https://docs.nvidia.com/ngc/latest/ngc-user-guide.html",
    shapes: [
      { literals: ["nvapi-"], guard: "none", least: [{ of: base64url, length: 56 }], body: base64url },
    ],
  },
  {
    name: "elevenlabs_key",
    confidence: "high",
    since: null,
    source: "https://elevenlabs.io/docs/api-reference/authentication",
    shapes: [
      {
        literals: ["sk_"],
        guard: "alphanumeric",
        least: [{ of: lowerHex, length: 48 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "fireworks_key",
    confidence: "high",
    since: null,
    source: "https://docs.fireworks.ai/api-reference/introduction",
    shapes: [
      {
        literals: ["fw_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 22 }],
        body: alphanumeric,
      },
    ],
  },
];
