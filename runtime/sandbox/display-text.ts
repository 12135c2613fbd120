/**
 * Foreign text on a terminal: what is shown in its place, and how many cells it takes.
 *
 * @module
 */

/** Control and format characters (bidi overrides among them), line separators, lone surrogates. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const unsafeRun = new RegExp(unsafe.source, "gu");

/** Joiners that some scripts are spelt with. */
const joiners = new Set(["\u200c", "\u200d"]);

/** Marks that are drawn over the character before them, and the inner jamo of a Hangul syllable. */
const noCells = /[\p{Mn}\p{Me}\u1160-\u11ff]/u;

/** East Asian wide and full-width characters (UAX 11), and emoji. */
const twoCells =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const halfWidth = /[\uff61-\uffdc]/;

/**
 * The text with everything that a terminal would act on written as an escape (`\x1b`, `\u202e`).
 * Tabs and line feeds stay when `keepLines` is set.
 */
export function safeText(text: string, keepLines = false): string {
  return text.replace(unsafeRun, (character) => {
    if (keepLines && (character === "\n" || character === "\t")) return character;
    return joiners.has(character) ? character : escapeCharacter(character);
  });
}

/** One character as it is shown in a line of source, and the cells that it takes. A tab stays; its cells are 1. */
export function sourceCell(character: string): { readonly text: string; readonly cells: number } {
  if (character === "\t") return { text: character, cells: 1 };
  if (unsafe.test(character)) {
    const text = escapeCharacter(character);
    return { text, cells: text.length };
  }
  if (noCells.test(character)) return { text: character, cells: 0 };
  return { text: character, cells: twoCells.test(character) && !halfWidth.test(character) ? 2 : 1 };
}

function escapeCharacter(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\u{${code.toString(16)}}`;
}
