/**
 * Finds one secret in the answer to the request that carried it.
 *
 * @module
 */

import type { Carried } from "../../../runtime/ports.ts";
import { knownForms } from "./known-forms.ts";
import { placeholderName } from "./placeholder.ts";
import type { Span } from "./spans.ts";

/** Every occurrence, in any form. Unlike a known value it may be short: the request says that it is no ordinary text. */
export function carriedIn(text: string, { value, name }: Carried): readonly Span[] {
  if (value === "") return [];
  const shown = placeholderName.test(name) ? name : "secret";
  const spans: Span[] = [];
  for (const form of new Set([value, ...knownForms(value)])) {
    for (let start = text.indexOf(form); start !== -1; start = text.indexOf(form, start + 1)) {
      spans.push({ start, end: start + form.length, name: shown, rank: 0 });
    }
  }
  return spans;
}
