/**
 * The catalogue of token shapes, as data.
 *
 * @module
 */

/** How a token looks. Classes are written as in {@link charClass}. */
export interface TokenShape {
  /** Literal beginnings, all of this shape. */
  readonly prefixes: readonly string[];
  /** True: prefixes match in any case. */
  readonly ignoreCase?: true;
  /** `alphanumeric`: no ASCII letter or digit may stand directly before, unless it ends an escape. */
  readonly guard: "none" | "alphanumeric";
  /** `space`: white space (also `%20` or one `+`) stands between prefix and token; both stay in the text. */
  readonly separator?: "space";
  /** `jwt`: dot-separated base64url segments (RFC 7519 §3, RFC 7516 §3.1); else one run of characters. */
  readonly form: "run" | "jwt";
  /** The least that follows the prefix. */
  readonly minimum: { readonly of: string; readonly length: number };
  /** What else belongs to the token: the whole run is taken, without an upper limit. Includes `minimum.of`. */
  readonly body: string;
  /** Characters that belong to the body but not to its end. */
  readonly trim?: string;
}

/** A pattern: the name in placeholders and audit entries, and the shapes it stands for. */
export interface TokenFamily {
  readonly name: string;
  readonly shapes: readonly TokenShape[];
  readonly confidence: "high" | "heuristic";
  /** ISO date of the format's latest known change, or null. */
  readonly since: string | null;
  /** Where the format is described. */
  readonly source: string;
}

const alphanumerics = "A-Za-z0-9";
const base64url = "A-Za-z0-9_-";

/** The version of the catalogue: the date of its latest change. */
export const catalogueVersion = "2026-09-01";

/** The patterns that are always on, in the order in which they give names. */
export const tokenFamilies: readonly TokenFamily[] = [
  {
    name: "jwt",
    confidence: "high",
    since: null,
    source: "RFC 7519, RFC 7516",
    shapes: [
      {
        prefixes: ["eyJ"],
        guard: "alphanumeric",
        form: "jwt",
        minimum: { of: base64url, length: 4 },
        body: `.${base64url}`,
        trim: ".",
      },
    ],
  },
  {
    name: "github_token",
    confidence: "high",
    since: "2026-04-27",
    source: "https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/",
    shapes: [
      {
        prefixes: ["ghp_", "gho_", "ghu_", "ghr_"],
        guard: "none",
        form: "run",
        minimum: { of: alphanumerics, length: 36 },
        body: `${alphanumerics}_`,
      },
      {
        // Since 2026-04-27: ghs_ + app id + _ + a JWT, about 520 characters with dots, dashes and underscores.
        prefixes: ["ghs_"],
        guard: "none",
        form: "run",
        minimum: { of: `.${base64url}`, length: 36 },
        body: `.${base64url}`,
        trim: ".",
      },
    ],
  },
  {
    name: "github_pat_fine",
    confidence: "high",
    since: null,
    source:
      "https://github.blog/security/application-security/introducing-fine-grained-personal-access-tokens-for-github/",
    shapes: [
      {
        prefixes: ["github_pat_"],
        guard: "none",
        form: "run",
        minimum: { of: `${alphanumerics}_`, length: 20 },
        body: `${alphanumerics}_`,
      },
    ],
  },
  {
    name: "slack_token",
    confidence: "high",
    since: null,
    source: "https://docs.slack.dev/authentication/tokens",
    shapes: [
      {
        prefixes: ["xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-", "xoxe-", "xoxe.xoxb-", "xoxe.xoxp-"],
        guard: "none",
        form: "run",
        minimum: { of: `${alphanumerics}-`, length: 10 },
        body: `${alphanumerics}-`,
      },
    ],
  },
  {
    name: "aws_access_key",
    confidence: "high",
    since: null,
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html",
    shapes: [
      {
        prefixes: ["AKIA", "ASIA", "AGPA", "AIDA", "ANPA", "AROA", "AIPA"],
        guard: "alphanumeric",
        form: "run",
        minimum: { of: "A-Z0-9", length: 16 },
        body: "A-Z0-9",
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
        prefixes: ["glpat-"],
        guard: "none",
        form: "run",
        minimum: { of: base64url, length: 20 },
        body: `.${base64url}`,
        trim: ".",
      },
    ],
  },
  {
    name: "npm_token",
    confidence: "high",
    since: null,
    source: "https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/",
    shapes: [
      {
        prefixes: ["npm_"],
        guard: "none",
        form: "run",
        minimum: { of: alphanumerics, length: 36 },
        body: alphanumerics,
      },
    ],
  },
  {
    name: "openai_key",
    confidence: "high",
    since: null,
    source: "https://platform.openai.com/docs/api-reference/authentication",
    shapes: [
      {
        prefixes: ["sk-"],
        guard: "alphanumeric",
        form: "run",
        minimum: { of: base64url, length: 20 },
        body: base64url,
      },
    ],
  },
  {
    name: "stripe_key",
    confidence: "high",
    since: null,
    source: "https://docs.stripe.com/keys",
    shapes: [
      {
        prefixes: ["sk_live_", "sk_test_", "rk_live_", "rk_test_"],
        guard: "alphanumeric",
        form: "run",
        minimum: { of: alphanumerics, length: 16 },
        body: alphanumerics,
      },
    ],
  },
  {
    name: "bearer_token",
    confidence: "heuristic",
    since: null,
    source: "RFC 6750 §2.1",
    shapes: [
      {
        prefixes: ["bearer"],
        ignoreCase: true,
        guard: "alphanumeric",
        separator: "space",
        form: "run",
        minimum: { of: "A-Za-z0-9._~+/=-", length: 12 },
        body: "A-Za-z0-9._~+/=-",
        trim: ".",
      },
    ],
  },
];
