/**
 * Line ends inside a value: `base64` breaks its output every 76 columns, logs and mails break theirs and indent it.
 *
 * @module
 */

const mostIndented = 16;

/** Behind the line end at `at` and the indentation of the next line; `at` itself when there is none. */
export function afterWrap(text: string, at: number): number {
  let next = at;
  if (text[next] === "\\") {
    // Escaped, as in JSON.
    if (text.startsWith("\\r\\n", next)) next += 4;
    else if (text[next + 1] === "n") next += 2;
    else return text.length - next < 4 && "\\r\\n".startsWith(text.slice(next)) ? text.length : at;
  } else {
    if (text[next] === "\r") next += 1;
    if (next < text.length && text[next] !== "\n") return at;
    next += 1;
  }
  const last = next + mostIndented;
  while (next < last && isBlank(text, next)) next++;
  return Math.min(next, text.length);
}

/** The place before the indentation and the line end that stand before `at`; `at` itself when there are none. */
export function beforeWrap(text: string, at: number): number {
  let start = at;
  const first = Math.max(0, at - mostIndented);
  while (start > first && isBlank(text, start - 1)) start--;
  if (text[start - 1] === "\n") return text[start - 2] === "\r" ? start - 2 : start - 1;
  if (text.startsWith("\\n", start - 2)) return text.startsWith("\\r", start - 4) ? start - 4 : start - 2;
  return at;
}

function isBlank(text: string, at: number): boolean {
  return text[at] === " " || text[at] === "\t";
}
