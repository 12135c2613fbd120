/**
 * Faults of token responses and refreshes.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const oauth = "stdlib/oauth";

export const tokenMutants: readonly Mutant[] = [
  {
    name: "takes any success status",
    file: `${oauth}/token-response.js`,
    find: "if (!rules.success_statuses.includes(status))",
    replace: "if (status >= 300)",
  },
  {
    name: "takes an error with status 200 for tokens",
    file: `${oauth}/token-response.js`,
    find: "if (failed || answer.error !== undefined)",
    replace: "if (failed)",
  },
  {
    name: "looks for tokens in one place only",
    file: `${oauth}/token-response.js`,
    find: "answer.access_token === undefined && isJsonObject(nested) ? nested : answer",
    replace: "answer",
  },
  {
    name: "takes tokens with control characters",
    file: `${oauth}/token-response.js`,
    find: "/^[!-~]+$/.test(value)",
    replace: 'value !== ""',
  },
  {
    name: "takes any token_type",
    file: `${oauth}/token-response.js`,
    find: 'if (lower === "bearer" || (lower === "dpop" && proven))',
    replace: 'if (lower !== "")',
  },
  {
    name: "takes Bearer tokens for a request that was proven",
    file: `${oauth}/token-response.js`,
    find: 'if (proven && token_type.toLowerCase() === "bearer")',
    replace: "if (false)",
  },
  {
    name: "takes a negative lifetime",
    file: `${oauth}/token-response.js`,
    find: 'typeof seconds !== "number" || seconds < 0',
    replace: 'typeof seconds !== "number"',
  },
  {
    name: "lets a token live for thousands of years",
    file: `${oauth}/token-response.js`,
    find: "return Math.min(seconds, tokenResponseLimits.maxLifetime);",
    replace: "return seconds;",
  },
  {
    name: "takes a member that is there twice",
    file: `${oauth}/strict-json.js`,
    find: 'throw new Refusal("duplicate_member");',
    replace: "void 0;",
  },
  {
    name: "counts expires_in from now instead of from the issue",
    file: `${oauth}/staleness.js`,
    find: "(set.issued_at_unix ?? now) + set.expires_in",
    replace: "now + set.expires_in",
  },
  {
    name: "ignores refresh_leeway",
    file: `${oauth}/staleness.js`,
    find: "if (leeway > 0 && now >= expiry - leeway)",
    replace: "if (false)",
  },
  {
    name: "refreshes although another host did so meanwhile",
    file: `${oauth}/refresh.js`,
    find: "if (isOvertaken(context, entry, seen))",
    replace: "if (false)",
  },
  {
    name: "shows the new tokens without storing them",
    file: `${oauth}/refresh.js`,
    find: "if (!(await writeSuccessor(context, next, lineageOf(begun)))) {",
    replace: "if (false) {",
  },
  {
    name: "deletes what is stored when consent is needed",
    file: `${oauth}/refresh.js`,
    find: "const details = redactedAnswer(refusal, context.ports.redactor);",
    replace:
      "const details = redactedAnswer(refusal, context.ports.redactor); await context.store.remove(context.storageKey);",
  },
  {
    name: "takes the ID token of another person at a refresh",
    file: `${oauth}/refresh-successor.js`,
    find: "if (!isSameSubject(entry.token_set.id_token, id_token))",
    replace: "if (false)",
  },
  {
    name: "writes no event when a token was refreshed",
    file: `${oauth}/refresh.js`,
    find: 'emitEvent(context, "token_refreshed", {',
    replace: "void ({",
  },
  {
    name: "presents a refresh token again although its answer was lost",
    file: `${oauth}/refresh-profile.js`,
    find: 'if (reuse === "strict")',
    replace: "if (false)",
  },
  {
    name: "sends the scopes with every refresh",
    file: `${oauth}/refresh-request.js`,
    find: "scopes.length >= granted.length",
    replace: "false",
  },
  {
    name: "makes no pause after a failed refresh",
    file: `${oauth}/refresh-pace.js`,
    find: "if (context.ports.clock.monotonic() < pause.until)",
    replace: "if (false)",
  },
  {
    name: "shows a provider's words unredacted",
    file: `${oauth}/error-answer.js`,
    find: "cut(redactor.redact(answer.error_description))",
    replace: "cut(answer.error_description)",
  },
  {
    name: "shows a provider's control characters",
    file: `${oauth}/error-answer.js`,
    find: 'return text.replace(/[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]+/gu, " ").trim();',
    replace: "return text;",
  },
  {
    name: "sends every body as a form",
    file: `${oauth}/transport.js`,
    find: 'const form = call.format === "form";',
    replace: "const form = true;",
  },
];
