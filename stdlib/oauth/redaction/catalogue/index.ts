/**
 * The catalogue of token shapes: facts about other people's formats, as data.
 *
 * Where a vendor says only in which month or year a format changed, `since` is its first day.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { automation } from "./automation.ts";
import { buildServices } from "./build-services.ts";
import { business } from "./business.ts";
import { chat } from "./chat.ts";
import { clouds } from "./clouds.ts";
import { codeHosting } from "./code-hosting.ts";
import { commerce } from "./commerce.ts";
import { dataStores } from "./data-stores.ts";
import { developerTools } from "./developer-tools.ts";
import { guesses, standardFormats } from "./formats.ts";
import { hosting } from "./hosting.ts";
import { identity } from "./identity.ts";
import { mail } from "./mail.ts";
import { microsoft } from "./microsoft.ts";
import { modelTools } from "./model-tools.ts";
import { models } from "./models.ts";
import { networks } from "./networks.ts";
import { observability } from "./observability.ts";
import { packageRegistries } from "./package-registries.ts";
import { payments } from "./payments.ts";
import { securityTools } from "./security-tools.ts";

/** The version of the catalogue: the date of its latest change. */
export const catalogueVersion = "2026-11-30";

/** The families that name a token first; each stands before those whose shapes are wider. */
const first: readonly string[] = [
  "jwt",
  "github_token",
  "github_pat_fine",
  "slack_token",
  "aws_access_key",
  "gitlab_token",
  "huggingface_token",
  "cerebras_key",
  "together_key",
  "google_api_key",
  "npm_token",
  "anthropic_key",
  "openrouter_key",
  "langfuse_key",
  "minimax_key",
  "openai_key",
  "workos_key",
  "stripe_key",
  "private_key_block",
  "segment_token",
];

/** The patterns that are always on, in the order in which they give names. */
export const tokenFamilies: readonly TokenFamily[] = [
  ...standardFormats,
  ...codeHosting,
  ...buildServices,
  ...clouds,
  ...microsoft,
  ...hosting,
  ...models,
  ...modelTools,
  ...payments,
  ...commerce,
  ...chat,
  ...mail,
  ...identity,
  ...networks,
  ...securityTools,
  ...dataStores,
  ...observability,
  ...packageRegistries,
  ...developerTools,
  ...business,
  ...automation,
  ...guesses,
].toSorted((one, other) => place(one) - place(other));

function place({ name }: TokenFamily): number {
  const at = first.indexOf(name);
  return at === -1 ? first.length : at;
}
