/**
 * How the name of a file is shown.
 *
 * @module
 */

import { safeText } from "../runtime/sandbox/display-text.ts";
import { createRedactor, type RedactorEngine } from "../stdlib/oauth/redaction/engine.ts";

/** Its own, so that a name leaves no entry in an audit. */
let redactor: RedactorEngine | undefined;

/** The path without tokens and without anything that a terminal acts on; `standard input` for `-`. */
export function pathText(path: string | Buffer): string {
  if (path === "-") return "standard input";
  redactor ??= createRedactor();
  return safeText(redactor.redact(path.toString()));
}
