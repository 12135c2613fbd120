/**
 * Redaction of a log line without a token, which is what nearly every line is.
 *
 * @module
 */

import { createRedactor } from "../../stdlib/oauth/redaction/engine.ts";
import type { Row } from "./measure.ts";
import { replaceLoop } from "./redaction/expressions.ts";

const lines = 5_000;

const line =
  "2026-01-01T12:00:00Z info  sync of 184 issues from the tracker done in 2.31 s, 3 pages, none were new".padEnd(
    100,
    ".",
  );

/** The row. `npm run bench:redaction` has the others. */
export function redactionRows(): readonly Row[] {
  const redactor = createRedactor();
  const loop = replaceLoop();
  return [
    {
      name: "redaction of a clean line of 100 characters",
      unit: "µs",
      ours: () => microsecondsPerLine(() => redactor.redact(line)),
      peers: {
        "a loop over the patterns as expressions (finds less)": () => microsecondsPerLine(() => loop(line)),
      },
    },
  ];
}

function microsecondsPerLine(redact: () => string): number {
  const began = performance.now();
  let length = 0;
  for (let done = 0; done < lines; done += 1) length += redact().length;
  if (length !== lines * line.length) throw new Error("a clean line was changed");
  return ((performance.now() - began) * 1000) / lines;
}
