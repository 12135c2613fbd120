/**
 * What a provider says when it refuses (RFC 6749 §5.2), made safe to show.
 *
 * @module
 */

import type { Redactor } from "../../runtime/ports.ts";
import type { ProviderAnswer } from "./errors.ts";
import { isJsonObject, type JsonValue } from "./strict-json.ts";

/** Stands in for an `error` that is outside the characters of RFC 6749 §5.2 or over 100 of them. */
export const unreadableError = "unreadable_error";

const maxDescription = 300;

/**
 * Takes `error` and `error_description` from a parsed answer. An object as `error` (Google's REST style) is read
 * as absent. Nothing else of the answer survives; `error_uri` never does.
 */
export function errorAnswer(status: number, answer: JsonValue | undefined): ProviderAnswer {
  const members = isJsonObject(answer) ? answer : {};
  const error = typeof members.error === "string" && members.error !== "" ? members.error : undefined;
  const description = members.error_description;
  return {
    status,
    ...(error === undefined ? {} : { error: /^[ !#-[\]-~]{1,100}$/.test(error) ? error : unreadableError }),
    ...(typeof description === "string" ? { error_description: shown(description) } : {}),
  };
}

/** The answer with every token in it masked. The description is redacted before it is cut, so that no half of one stays. */
export function redactedAnswer(answer: ProviderAnswer, redactor: Redactor): ProviderAnswer {
  return {
    status: answer.status,
    ...(answer.error === undefined ? {} : { error: cut(redactor.redact(answer.error)) }),
    ...(answer.error_description === undefined
      ? {}
      : { error_description: cut(redactor.redact(answer.error_description)) }),
  };
}

/**
 * Removes what a terminal or a page could act on: C0 and C1 controls, line separators, bidirectional and
 * zero-width characters, half surrogates.
 */
function shown(text: string): string {
  // The body cap bounds the length; the final cut comes after redaction.
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

function cut(text: string): string {
  return text.length <= maxDescription
    ? text
    : `${text.slice(0, maxDescription - 1).replace(/\p{Cs}/gu, "")}…`;
}
