/**
 * A second redactor, made from the documents and the catalogue's data by another route than the engine: one expression
 * for each literal, tried everywhere, with a lookbehind for what stands before it. Slow, and short enough to be believed.
 *
 * A weak shape whose part before the literal has no fixed length begins at the first left boundary that leaves the least
 * of it; no such part reaches into an escape of JSON. A secret may begin inside another: they are one then.
 *
 * It knows shapes, JWTs, known values and placeholders; schemes, private keys and names are other tests' business.
 */

import type { TokenFamily, TokenShape } from "./token-shape.ts";

/** A secret in a text: from `start` up to, not including, `end`, in UTF-16 units. */
export interface SlowSpan {
  readonly start: number;
  readonly end: number;
  readonly name: string;
}

/** A value that must not be shown in any encoding. */
export interface KnownSecret {
  readonly value: string;
  readonly name: string;
}

/** A secret if nothing stands against it: `guarded` ones need a left boundary. */
interface Candidate extends SlowSpan {
  readonly rank: number;
  readonly guarded: boolean;
  /** The last place where it may begin, if no boundary stands before. */
  readonly latest: number;
}

type Finder = (text: string) => Iterable<Candidate>;

/** What may stand before a weak token: nothing, no letter or digit, or the end of an escape. */
const boundaryBefore = new RegExp(
  [
    "(?<![A-Za-z0-9])",
    // A letter or digit after a backslash, and numbers of characters in programming languages.
    "(?<=\\\\[A-Za-z0-9])",
    "(?<=\\\\[xX][0-9A-Fa-f]{2})",
    "(?<=\\\\[uU][0-9A-Fa-f]{4})",
    "(?<=\\\\[0-7]{2,3})",
    // Percent-encoding, once and twice, and quoted-printable.
    "(?<=%(?:25)?[0-9A-Fa-f]{2})",
    "(?<==[0-9A-F]{2})",
    // ECMA-48 control sequences; the escape character may be written as an escape.
    "(?<=(?:\\u001b\\[|\\u009b|\\\\(?:[uU]001[bB]|u\\{1[bB]\\}|[xX]1[bB]|033|[eE])\\[)[0-9:;<=>?]*[A-Za-z])",
  ].join("|"),
  "y",
);

/** Makes the redactor for some families; they rank in their order, and known values stand before them. */
export function slowMatcher(
  families: readonly TokenFamily[],
  known: readonly KnownSecret[] = [],
  keptNames: ReadonlySet<string> = new Set(families.map((family) => family.name)),
): { readonly spans: (text: string) => readonly SlowSpan[]; readonly redact: (text: string) => string } {
  const finders = [
    ...known.map((secret) => findKnown(secret)),
    ...families.flatMap((family, rank) => [
      ...family.shapes.flatMap((shape) =>
        shape.literals.map((literal) => findLiteral(shape, literal, family.name, rank)),
      ),
      ...(family.special === "jwt" ? [findJwts(family.name, rank)] : []),
    ]),
  ];
  const spans = (text: string): readonly SlowSpan[] => {
    const kept = keptIn(text, keptNames);
    const candidates = finders
      .flatMap((find) => [...find(text)])
      .filter((one) => kept.every(({ start, end }) => one.end <= start || one.start >= end));
    return merged(text, candidates, kept);
  };
  return { spans, redact: (text) => shown(text, spans(text)) };
}

/** The characters of a set, each escaped, between brackets. */
export function members(set: string): readonly string[] {
  return [...set.matchAll(/(.)-(.)|(.)/gs)].flatMap(([, low = "", high = "", single]) =>
    single !== undefined
      ? [single]
      : Array.from({ length: high.charCodeAt(0) - low.charCodeAt(0) + 1 }, (_, i) =>
          String.fromCharCode(low.charCodeAt(0) + i),
        ),
  );
}

const escaped = (text: string): string =>
  text.replace(/[^A-Za-z0-9]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
const anyOf = (set: string): string => `[${members(set).map(escaped).join("")}]`;

function findLiteral(shape: TokenShape, literal: string, name: string, rank: number): Finder {
  const { before, least, body, trimDots = false, ignoreCase = false, guard } = shape;
  const lookbehind = before ? `(?<=(${anyOf(before.of)}{${before.min},${before.max}}))` : "()";
  const rest = least.map((part) =>
    typeof part === "string" ? escaped(part) : `${anyOf(part.of)}{${part.length}}`,
  );
  const written = ignoreCase
    ? literal.replace(/./gs, (one) => `[${escaped(one)}${escaped(one.toUpperCase())}]`)
    : escaped(literal);
  const found = new RegExp(`${lookbehind}(${written}${rest.join("")})(${anyOf(body)}*)`, "g");
  return function* (text) {
    for (const [at, groups] of everywhere(found, text)) {
      const [, ahead = "", sure = "", run = ""] = groups;
      const start = at - ahead.length;
      const latest = at - (before?.min ?? 0);
      const end = at + sure.length + (trimDots ? withoutDots(run) : run).length;
      yield { start, latest, end, name, rank, guarded: guard === "alphanumeric" };
    }
  };
}

/** `from`, or the end of the `\\n`, `\\u0022` or the like that it lies in. */
function afterEscape(text: string, from: number): number {
  const escapes = [...text.matchAll(/\\(?:u[0-9A-Fa-f]{4}|[nrtbf])/g)].filter(({ index }) => index < from);
  return Math.max(from, ...escapes.map(({ index, 0: escape }) => index + escape.length));
}

function findJwts(name: string, rank: number): Finder {
  const found =
    /((?:eyJ|eyAi|ewog|ewoi|ewoJ|ewkJ|ew0K)[A-Za-z0-9_-]*)(\.[A-Za-z0-9_-]+\.|\.\.[A-Za-z0-9_-]+\.)([A-Za-z0-9._-]*)/g;
  return function* (text) {
    for (const [start, groups] of everywhere(found, text)) {
      const [, header = "", sure = "", run = ""] = groups;
      if (header.length < 7 || header.length > 16_384) continue;
      const end = start + header.length + sure.length + withoutDots(run).length;
      yield {
        start,
        latest: start,
        end,
        name,
        rank,
        guarded: !/^\{"[ -~\t\n\r]{12}/.test(decoded(header)),
      };
    }
  };
}

const decoded = (segment: string): string =>
  Buffer.from(segment.slice(0, 24), "base64url").toString("latin1");
const withoutDots = (run: string): string => run.replace(/\.{1,3}$/, "");

/** Every place where the expression matches, those inside other matches too. */
function* everywhere(expression: RegExp, text: string): Iterable<readonly [number, readonly string[]]> {
  expression.lastIndex = 0;
  for (let match = expression.exec(text); match !== null; match = expression.exec(text)) {
    yield [match.index, match];
    expression.lastIndex = match.index + 1;
  }
}

function findKnown({ value, name }: KnownSecret): Finder {
  const forms = value.length < 8 ? [] : encodingsOf(value).map(({ form }) => form);
  return function* (text) {
    for (const form of forms) {
      for (let start = text.indexOf(form); start !== -1; start = text.indexOf(form, start + 1)) {
        yield { start, latest: start, end: start + form.length, name, rank: -1, guarded: false };
      }
    }
  };
}

/** The encodings in which a known value must be found. Those of base64 are the characters that no other byte decides. */
export function encodingsOf(value: string): readonly { readonly encoding: string; readonly form: string }[] {
  const bytes = Buffer.from(value);
  const json = (text: string): string => JSON.stringify(text).slice(1, -1);
  const percent = encodeURIComponent(value);
  const lower = (text: string): string => text.replace(/%../g, (octet) => octet.toLowerCase());
  const inBase64 = (shift: number, alphabet: "base64" | "base64url"): string =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString(alphabet)
      .slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + bytes.length) * 8) / 6));
  return [
    { encoding: "raw", form: value },
    { encoding: "JSON", form: json(value) },
    { encoding: "JSON in JSON", form: json(json(value)) },
    { encoding: "percent", form: percent },
    { encoding: "percent, lower case", form: lower(percent) },
    { encoding: "form", form: new URLSearchParams({ v: value }).toString().slice(2) },
    { encoding: "hex", form: bytes.toString("hex") },
    { encoding: "hex, upper case", form: bytes.toString("hex").toUpperCase() },
    ...[0, 1, 2].flatMap((shift) =>
      (["base64", "base64url"] as const).map((alphabet) => ({
        encoding: `${alphabet}, shifted by ${shift}`,
        form: inBase64(shift, alphabet),
      })),
    ),
  ];
}

function keptIn(text: string, names: ReadonlySet<string>): readonly SlowSpan[] {
  return [...text.matchAll(/<redacted:([A-Za-z0-9_.-]{1,64}):[0-9]{1,15}>/g)]
    .filter(([, name = ""]) => names.has(name))
    .map(({ index: start, 0: whole, 1: name = "" }) => ({ start, end: start + whole.length, name }));
}

/** From left to right: what begins in a secret belongs to it; what is not well guarded is none. */
function merged(
  text: string,
  candidates: readonly Candidate[],
  kept: readonly SlowSpan[],
): readonly SlowSpan[] {
  const spans: { start: number; end: number; name: string }[] = [];
  const waiting = candidates.toSorted(inOrder);
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { start, latest, end, name, guarded } = next;
    const last = spans.at(-1);
    const before = [...spans, ...kept].filter((one) => one.end <= start).map((one) => one.end);
    const edge = Math.max(0, ...before);
    const first = edge + afterEscape(text.slice(edge), start - edge);
    if (first > start || (guarded && start !== edge && !isBoundary(text, start, edge))) {
      const later = Math.max(first, start + 1);
      if (later <= latest) waiting.push({ ...next, start: later });
      waiting.sort(inOrder);
      continue;
    }
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else spans.push({ start, end, name });
  }
  return spans;
}

const inOrder = (one: Candidate, other: Candidate): number =>
  one.start - other.start || one.rank - other.rank || other.end - one.end;

/** What was said up to `from` is a secret, or said before one: it is no part of an escape. */
function isBoundary(text: string, at: number, from: number): boolean {
  boundaryBefore.lastIndex = at - from;
  return boundaryBefore.test(text.slice(from));
}

function shown(text: string, spans: readonly SlowSpan[]): string {
  let result = "";
  let from = 0;
  for (const { start, end, name } of spans) {
    result += `${text.slice(from, start)}<redacted:${name}:${Buffer.byteLength(text.slice(start, end))}>`;
    from = end;
  }
  return result + text.slice(from);
}
