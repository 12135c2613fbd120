/**
 * Reads which names an import or re-export statement asks for.
 *
 * @module
 */

/** A name that a statement asks a module for, and where it stands (UTF-16 units from the statement's start). */
export interface ImportedName {
  readonly name: string;
  readonly offset: number;
}

interface Token {
  readonly kind: "word" | "string" | "mark";
  readonly text: string;
  readonly offset: number;
}

/** White space and comments; a name; a string; a mark. Sticky, so that reading is linear. */
const blank = /(?:\s+|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)*/uy;
const token = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*|"[^"\\\n\r]*"|'[^'\\\n\r]*'|[{},*]/uy;

/**
 * The names that `import … from` or `export … from` asks for, `default` for a default import. Null when the text is
 * no such statement that this reads (escapes in names, for one): the engine judges it then. `import * as x` and
 * `export *` ask for no name.
 */
export function importedNames(statement: string): ImportedName[] | null {
  const tokens = tokenize(statement);
  if (!tokens) return null;
  let at = 0;
  const text = (): string | undefined => tokens[at]?.text;
  const isLastFrom = (): boolean => at === tokens.length - 1 && text() === "from";

  const keyword = text();
  at += 1;
  if (keyword !== "import" && keyword !== "export") return null;

  const names: ImportedName[] = [];
  const first = tokens[at];
  if (keyword === "import" && first?.kind === "word") {
    names.push({ name: "default", offset: first.offset });
    at += 1;
    if (text() !== ",") return isLastFrom() ? names : null;
    at += 1;
  }
  if (text() === "*") {
    at += tokens[at + 1]?.text === "as" ? 3 : 1;
    return isLastFrom() ? names : null;
  }

  if (text() !== "{") return null;
  at += 1;
  while (text() !== "}") {
    const asked = tokens[at];
    if (!asked || asked.kind === "mark") return null;
    names.push({
      name: asked.kind === "string" ? asked.text.slice(1, -1) : asked.text,
      offset: asked.offset,
    });
    at += tokens[at + 1]?.text === "as" ? 3 : 1;
    if (text() === ",") at += 1;
    else if (text() !== "}") return null;
  }
  at += 1;
  return isLastFrom() ? names : null;
}

function tokenize(text: string): Token[] | null {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    blank.lastIndex = at;
    at += blank.exec(text)?.[0].length ?? 0;
    if (at === text.length) return tokens;
    token.lastIndex = at;
    const found = token.exec(text)?.[0];
    if (found === undefined) return null;
    const kind = /^["']/.test(found) ? "string" : /^[{},*]/.test(found) ? "mark" : "word";
    tokens.push({ kind, text: found, offset: at });
    at += found.length;
  }
}
