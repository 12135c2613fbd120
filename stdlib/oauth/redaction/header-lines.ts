/**
 * Lines of HTTP headers, of which the name is a credential.
 *
 * @module
 */

import { credentialField } from "./field-names.ts";
import { keptAt } from "./kept-placeholder.ts";
import { type Match, type Reading, type Tail, undecided } from "./reading.ts";
import { runTail } from "./run-tail.ts";
import { allBut, backslashesBefore, before, longestName, startOfName } from "./value-name.ts";

const mostSpaces = 8;
/** The registered schemes, and some that are common. Another word before the value may be the secret itself. */
const scheme =
  /(?:basic|bearer|digest|dpop|gnap|hoba|mutual|negotiate|oauth|privatetoken|vapid|hawk|ntlm|token|apikey|signature|aws4-hmac-sha256|scram-sha-(?:1|256)) {1,8}/iy;
const longestScheme = 48;
/** What a description or a setting says instead of a credential, alone in its line. */
const noCredential = /(?:required|optional|none|null|true|false),?[ \t]{0,4}(?![^\r\n])/iy;
const mostIndented = 16;
const quotedHeaderTail = runTail(allBut("\r\n\"'`\\<"), false);
const headerLineTail = runTail(allBut("\r\n"), false);
const inQuotes: Readonly<Record<string, Tail>> = { '"': headerInQuotes('"'), "'": headerInQuotes("'") };

/** A header in a string goes on to the quote that ends it, or to the escape of a line end. */
function headerInQuotes(quote: string): Tail {
  const ends = quote === '"' ? /["\r\n]|\\+[nr]/g : /['"\r\n]|\\+[nr]/g;
  return {
    endFrom({ text, isFinal }, from) {
      ends.lastIndex = from;
      for (let found = ends.exec(text); found !== null; found = ends.exec(text)) {
        const [end] = found;
        if (!end.startsWith("\\")) return found.index - backslashesBefore(text, from, found.index);
        // Of an even number of backslashes none is left for the letter.
        if (end.length % 2 === 0) return found.index + end.length - 2;
      }
      const open = text.length - Math.min(backslashesBefore(text, from, text.length), longestName);
      return isFinal ? text.length : ~open;
    },
  };
}

/** `Name: value` as a line of its own, or as a string (`curl -H`). An authentication scheme before the value stays. */
export function headerJudge(
  rank: number,
): (reading: Reading, nameEnd: number) => Match | typeof undecided | null | "no header" {
  return (reading, nameEnd) => {
    const { text } = reading;
    const nameStart = startOfName(reading, nameEnd);
    const char = before(reading, nameStart);
    const raw = text.slice(nameStart, nameEnd);
    const name = char === "\\" && /^[nr]/.test(raw) ? raw.slice(1) : raw;
    const isQuoted = name !== raw || char === '"' || char === "'";
    if (!isQuoted && !isLineStart(reading, nameStart)) return "no header";
    const headerTail = (isQuoted ? (inQuotes[char] ?? quotedHeaderTail) : undefined) ?? headerLineTail;
    if (!name.includes("-") && !/^(?:authorization|cookie|dpop)$/i.test(name)) return "no header";
    const field = credentialField(name);
    if (field === null) return "no header";
    const value = afterBlanks(text, nameEnd + 1);
    if (reading.isOver(value + longestScheme) && headerTail.endFrom(reading, value) < 0) return undecided;
    const isAuthorization = field.endsWith("authorization");
    noCredential.lastIndex = value;
    if (isAuthorization && noCredential.test(text)) return null;
    scheme.lastIndex = value;
    const start =
      isAuthorization && scheme.test(text) && scheme.lastIndex < text.length ? scheme.lastIndex : value;
    if (headerTail.endFrom(reading, start) === start) return null;
    if (text[start] === "<") {
      const kept = keptAt(reading, start);
      if (kept !== null) return kept === undecided ? undecided : null;
    }
    return { start, end: start, name: field, rank, tail: headerTail };
  };
}

function afterBlanks(text: string, at: number): number {
  let next = at;
  while (next < at + mostSpaces && text[next] === " ") next++;
  return next;
}

/** True when only blanks stand before in the line, and perhaps the sign that curl shows there. */
function isLineStart(reading: Reading, at: number): boolean {
  const { text, boundary } = reading;
  let start = at;
  while (start > Math.max(boundary, at - mostIndented) && /[ \t]/.test(text.charAt(start - 1))) start--;
  if (start < at && start > boundary && /[<>*]/.test(text.charAt(start - 1))) start--;
  // Not behind a placeholder: only a real line goes on to its end.
  return start === 0 || /[\n\r]/.test(text.charAt(start - 1));
}
