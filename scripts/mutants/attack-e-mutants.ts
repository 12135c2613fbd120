/**
 * Faults that rows of group E of the attack table catch: error texts.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const oauth = "stdlib/oauth";

/** The rows, as in `["e06_"]`, that must catch it. */
type Fault = Omit<Mutant, "rows"> & { readonly by: readonly string[] };

const faults: readonly Fault[] = [
  {
    name: "shows control characters",
    file: `${oauth}/error-answer.js`,
    find: "\\p{Cc}",
    replace: "",
    by: ["e01_", "e56_"],
  },
  {
    name: "shows invisible characters and those that turn text",
    file: `${oauth}/error-answer.js`,
    find: "\\p{Cf}",
    replace: "",
    by: ["e01_"],
  },
  {
    name: "shows line separators",
    file: `${oauth}/error-answer.js`,
    find: "\\p{Zl}\\p{Zp}",
    replace: "",
    by: ["e01_", "e56_"],
  },
  {
    name: "leaves half characters",
    file: `${oauth}/error-answer.js`,
    find: "\\p{Cf}\\p{Cs}",
    replace: "\\p{Cf}",
    by: ["e60_"],
  },
  {
    name: "cuts within a character",
    file: `${oauth}/error-answer.js`,
    find: '.replace(/\\p{Cs}/gu, "")',
    replace: "",
    by: ["e60_"],
  },
  {
    name: "passes any error code on",
    file: `${oauth}/error-answer.js`,
    find: ": unreadableError }",
    replace: ": error }",
    by: ["e02_"],
  },
  {
    name: "takes error codes of any length",
    file: `${oauth}/error-answer.js`,
    find: "{1,100}",
    replace: "+",
    by: ["e02_"],
  },
  {
    name: "takes texts of any length",
    file: `${oauth}/error-answer.js`,
    find: "return text.length <= maxDescription",
    replace: "return true",
    by: ["e50_"],
  },
  {
    name: "cuts before it masks",
    file: `${oauth}/error-answer.js`,
    find: "cut(redactor.redact(answer.error_description))",
    replace: "redactor.redact(cut(answer.error_description))",
    by: ["e55_"],
  },
  {
    name: "masks no description",
    file: `${oauth}/error-answer.js`,
    find: "cut(redactor.redact(answer.error_description))",
    replace: "cut(answer.error_description)",
    by: ["e05_", "e58_", "e59_"],
  },
  {
    name: "masks no error code",
    file: `${oauth}/error-answer.js`,
    find: "cut(redactor.redact(answer.error))",
    replace: "cut(answer.error)",
    by: ["e54_"],
  },
  {
    name: "shows an error_uri",
    file: `${oauth}/error-answer.js`,
    find: "const description = members.error_description;",
    replace: "const description = members.error_description ?? members.error_uri;",
    by: ["e04_"],
  },
  {
    name: "makes texts of what is none",
    file: `${oauth}/error-answer.js`,
    find: 'typeof description === "string" ? { error_description: shown(description) }',
    replace: "description ? { error_description: shown(String(description)) }",
    by: ["e52_"],
  },
  {
    name: "shows pages that are no JSON",
    file: `${oauth}/token-response.js`,
    find: "return refusal(raw, parsed.ok ? parsed.value : undefined);",
    replace:
      "return refusal(raw, parsed.ok ? parsed.value : { error_description: new TextDecoder().decode(raw.body) });",
    by: ["e07_"],
  },
  {
    name: "puts the provider's text into the message",
    file: `${oauth}/answer-error.js`,
    find: "token request failed: the provider refused it`",
    replace: "token request failed: the provider refused it: ${details.error_description}`",
    by: ["e53_", "e01_"],
  },
  {
    name: "does not look for hex in the words of an error",
    file: `${oauth}/redaction/known-forms.js`,
    find: "forms.add(hex);",
    replace: "",
    by: ["e51_"],
  },
  {
    name: "reads challenges without an end",
    file: `${oauth}/www-authenticate.js`,
    find: ".slice(0, longestField)",
    replace: "",
    by: ["e08_"],
  },
  {
    name: "reads the parameters of every scheme",
    file: `${oauth}/www-authenticate.js`,
    find: '(scheme === "bearer" || scheme === "dpop") && ',
    replace: "",
    by: ["e08_"],
  },
  {
    name: "keeps the transport's error as a cause",
    file: `${oauth}/transport.js`,
    find: "error: transportError(context.module, error), outcome",
    replace:
      "error: Object.assign(transportError(context.module, error), { cause: { error, request: call } }), outcome",
    by: ["e09_"],
  },
  {
    name: "keeps its credentials on the handle",
    file: `${oauth}/client.js`,
    find: '_namespace: "oauth_client",',
    replace: '_namespace: "oauth_client",\n        credentials: context.credentials,',
    by: ["e10_"],
  },
];

export const attackEMutants: readonly Mutant[] = faults.map(({ by, ...fault }) => ({
  ...fault,
  rows: by.map((row) => `attacks/error_texts/${row}`),
}));
