/**
 * Turns TypeScript into JavaScript by putting blanks in the place of types, so that every position stays.
 *
 * @module
 */

import { RunError } from "../host/run-error.ts";
import { limitTable } from "./limits.ts";
import { locationAt, sourceFrame } from "./source-frame.ts";
import { stripThreads } from "./typescript-threads.ts";
import type { StripAnswer } from "./typescript-worker.ts";

/** Removes types. One serves a whole runtime. */
export interface Stripper {
  /**
   * The source without types, of the same length in UTF-16 units. Sources that are not named `.ts` or `.mts` come
   * back unchanged.
   * @throws RunError HARN-RUN-012 with place and hint, for a syntax error, for TypeScript that needs compiling (enum,
   * namespace, parameter property, …), and for a source that is too large, nested too deeply or takes too long;
   * HARN-RUN-009 as soon as `signal` aborts, however long the source would have taken. A slow source delays others of its
   * `tenant` only.
   */
  readonly strip: (
    source: string,
    filename: string,
    asked?: { readonly tenant: string; readonly signal?: AbortSignal },
  ) => Promise<string>;
  /** Ends the threads. Sources that are waiting are refused. */
  readonly close: () => Promise<void>;
}

/** Bracket depth of a source. The parser breaks at about 600. */
const deepest = 500;

/** Milliseconds for one source, the start of the thread included. */
const deadline = 10_000;

/** Makes a stripper. Its first thread starts with the first TypeScript source; none keeps the process alive. */
export function createStripper(options: { deadline?: number } = {}): Stripper {
  const threads = stripThreads(options.deadline ?? deadline);
  return {
    async strip(source, filename, asked) {
      if (!/\.m?ts$/i.test(filename)) return source;
      judge(source, filename);
      const answer = await threads.strip(source, asked?.tenant ?? "", asked?.signal);
      switch (answer.type) {
        case "stripped":
          if (answer.code.length === source.length) return answer.code;
          throw syntaxError("the types in it could not be removed in place", filename);
        case "refused":
          throw refusal(answer, source, filename);
        case "broken":
          throw syntaxError(
            "it is nested too deeply",
            filename,
            "Split deep expressions into several statements.",
          );
        case "late":
          throw syntaxError("it took too long to read", filename, "Split it into smaller files.");
        case "cancelled":
          throw new RunError("HARN-RUN-009", "the run was cancelled");
        case "closed":
          throw new RunError("HARN-RUN-009", "the runtime is closed");
      }
    },
    close: threads.close,
  };
}

function syntaxError(problem: string, filename: string, hint?: string): RunError {
  return new RunError("HARN-RUN-012", `${filename} cannot be read: ${problem}`, { hint });
}

/** Refuses what the parser would break at, or would change silently. */
function judge(source: string, filename: string): void {
  const most = limitTable.source.maximum;
  if (source.length > most || Buffer.byteLength(source) > most) {
    throw syntaxError(`it is larger than ${most} bytes`, filename);
  }
  const surrogate = source.search(/\p{Cs}/u);
  if (surrogate !== -1)
    throw placed("half a character (a lone surrogate) stands here", source, filename, surrogate);
  let depth = 0;
  for (let index = 0; index < source.length; index += 1) {
    const code = source.charCodeAt(index);
    // ( [ {
    if (code === 0x28 || code === 0x5b || code === 0x7b) depth += 1;
    // ) ] }
    else if ((code === 0x29 || code === 0x5d || code === 0x7d) && depth > 0) depth -= 1;
    if (depth > deepest) {
      const hint = "Split deep expressions into several statements.";
      throw placed(`brackets are nested more than ${deepest} deep`, source, filename, index, hint);
    }
  }
}

function refusal(
  answer: Extract<StripAnswer, { type: "refused" }>,
  source: string,
  filename: string,
): RunError {
  const lineStart = startOfLine(source, answer.line);
  const offset = Math.min(lineStart + answer.offset, source.length);
  const known =
    answer.kind === "unsupported" ? unsupported.find(([sign]) => sign.test(answer.message)) : undefined;
  if (known) return placed(known[1], source, filename, offset, known[2]);
  const [line = ""] = answer.message.split("\n");
  const sentence = line.slice(0, 200).replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
  return placed(sentence === "" ? "this is not TypeScript" : sentence, source, filename, offset);
}

/** What the parser says about TypeScript that needs compiling; our sentence; what to write instead. */
const unsupported: readonly (readonly [RegExp, string, string])[] = [
  [
    /\benum\b/,
    "an enum needs compiling, and types are only removed",
    "Write a const object instead of an enum.",
  ],
  [
    /`module` keyword/,
    "a module block needs compiling, and types are only removed",
    "Put its contents into a file of its own and import that.",
  ],
  [
    /\bnamespace\b/,
    "a namespace needs compiling, and types are only removed",
    "Put its contents into a file of its own and import that.",
  ],
  [
    /parameter property/,
    "a parameter property needs compiling, and types are only removed",
    "Declare the field and assign it in the constructor.",
  ],
  [
    /angle-bracket/,
    "a type assertion in angle brackets cannot be removed in place",
    "Write `value as Type` instead.",
  ],
  [
    /import equals/,
    "import = needs compiling, and types are only removed",
    "Write an import … from … instead.",
  ],
  [
    /export assignment/,
    "export = needs compiling, and types are only removed",
    "Write export default instead.",
  ],
];

function placed(message: string, source: string, filename: string, offset: number, hint?: string): RunError {
  const location = locationAt(source, filename, offset);
  return new RunError("HARN-RUN-012", message, { hint, location, frame: sourceFrame(source, location) });
}

function startOfLine(source: string, line: number): number {
  let start = 0;
  for (let number = 1; number < line; number += 1) {
    const end = source.indexOf("\n", start);
    if (end === -1) return source.length;
    start = end + 1;
  }
  return start;
}
