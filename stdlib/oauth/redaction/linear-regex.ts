/**
 * Judges whether a backtracking engine runs a pattern in time linear in the text, whatever the text is.
 *
 * The rules are strict rather than clever. Two things make a search slow: many ways to match the same text, and long
 * failed attempts that begin again and again inside each other. So a repetition without an upper bound must be of one
 * character set, must end in exactly one place, and must not be able to start over inside itself; everything else is
 * bounded, and so are the ways to match it.
 *
 * @module
 */

import { type CharSet, disjoint, union, within, wordCharacters } from "./code-point-set.ts";
import {
  type AssertionNode,
  type GroupNode,
  type Place,
  parsePattern,
  type Sequence,
  type SetNode,
  UnsupportedSyntax,
} from "./regex-syntax.ts";

const longestSource = 1_000;
const mostSequences = 64;
const mostSteps = 5_000;
const mostRepeats = 1_000;
const runWeight = 64;
const mostInner = 4_096;

/** A group without unbounded repetitions, taken as a whole. */
interface Block {
  readonly kind: "block";
  readonly set: CharSet;
  readonly first: CharSet;
  readonly min: number;
  /** The most characters. */
  readonly max: number;
  readonly steps: number;
  readonly optional: boolean;
  readonly single: boolean;
}

type Item = SetNode | AssertionNode | Block;

/** A pattern that may be used. */
export interface LinearRegex {
  /** With the flags `g` and `u`. */
  readonly regex: RegExp;
  /** UTF-16 units behind the beginning of a match after which the text that follows cannot undo it. */
  readonly head: number;
  /** What the last repetitions without an upper bound repeat; null when there are none. */
  readonly run: CharSet | null;
}

/**
 * Compiles a pattern with the flags `g` and `u`, or says why it may not be used.
 *
 * Two things are read otherwise than usual, so that a text in parts gives what it gives as a whole: a boundary or an end at
 * the end of the pattern (`\b`, `$`) is left out, for what follows a secret does not matter; and a repetition without an upper bound
 * that does not stand last takes at most 4,096 characters.
 */
export function linearRegex(source: string): LinearRegex | { readonly refusal: string } {
  if (source.length > longestSource) return { refusal: `it is longer than ${longestSource} characters` };
  try {
    compiled(source);
  } catch {
    return { refusal: "it is not a valid regular expression (flag u)" };
  }
  try {
    const edits = new Map<number, Edit>();
    const alternatives = parsePattern(source).map((sequence) => withoutLastAssertions(sequence, edits));
    if (alternatives.some((sequence) => least(sequence) === 0))
      return { refusal: "it can match the empty text" };
    const sequences = alternatives.flatMap((sequence) => flattened(sequence));
    for (const items of sequences) judge(items);
    for (const items of sequences) boundInner(items, edits);
    return {
      regex: compiled(edited(source, edits)),
      head: Math.max(...sequences.map(mostOf)) + 1,
      run: lastRuns(sequences),
    };
  } catch (error) {
    return { refusal: error instanceof UnsupportedSyntax ? error.message : "it could not be judged" };
  }
}

function compiled(source: string): RegExp {
  const regex = new RegExp(source, "gu");
  // The engine compiles at the first use, once for each width of characters.
  for (const text of ["", "\u{1F600}"]) {
    regex.lastIndex = 0;
    regex.test(text);
  }
  regex.lastIndex = 0;
  return regex;
}

interface Edit extends Place {
  readonly text: string;
}

function edited(source: string, edits: ReadonlyMap<number, Edit>): string {
  const points = Array.from(source);
  let result = "";
  let at = 0;
  for (const { from, to, text } of [...edits.values()].toSorted((a, b) => a.from - b.from)) {
    result += points.slice(at, from).join("") + text;
    at = to;
  }
  return result + points.slice(at).join("");
}

function withoutLastAssertions(sequence: Sequence, edits: Map<number, Edit>): Sequence {
  const last = sequence.at(-1);
  if (last === undefined || last.kind === "set") return sequence;
  const before = sequence.slice(0, -1);
  if (last.kind === "assertion") {
    edits.set(last.place.from, { ...last.place, text: "" });
    return withoutLastAssertions(before, edits);
  }
  if (last.max > 1) return sequence;
  const alternatives = last.alternatives.map((one) => withoutLastAssertions(one, edits));
  return [...before, { ...last, alternatives }];
}

/** Gives an upper bound to repetitions that something follows. */
function boundInner(items: readonly Item[], edits: Map<number, Edit>): void {
  for (const item of items.slice(0, -1)) {
    if (item.kind !== "set" || item.max !== Number.POSITIVE_INFINITY || item.quantifier === null) continue;
    const { from, to } = item.quantifier;
    edits.set(from, { from, to, text: `{${item.min},${Math.max(item.min, mostInner)}}` });
  }
}

/** The most UTF-16 units that a match of the items needs to be certain. */
function mostOf(items: readonly Item[]): number {
  let most = 0;
  for (const [i, item] of items.entries()) {
    if (item.kind === "assertion") continue;
    const isRun = item.kind === "set" && item.max === Number.POSITIVE_INFINITY;
    const count = isRun ? (i === items.length - 1 ? item.min : Math.max(item.min, mostInner)) : item.max;
    most += count * ((item.set.at(-1)?.[1] ?? 0) > 0xffff ? 2 : 1);
  }
  return most;
}

function lastRuns(sequences: readonly (readonly Item[])[]): CharSet | null {
  const runs = sequences.flatMap((items) => {
    const last = items.at(-1);
    return last?.kind === "set" && last.max === Number.POSITIVE_INFINITY ? [last.set] : [];
  });
  return runs.length === 0 ? null : union(runs);
}

/** The fewest characters that a sequence matches. */
function least(sequence: Sequence): number {
  let total = 0;
  for (const node of sequence) {
    if (node.kind === "set") total += node.min;
    if (node.kind === "group") total += node.min * Math.min(...node.alternatives.map(least));
  }
  return total;
}

function isUnbounded(sequence: Sequence): boolean {
  return sequence.some((node) =>
    node.kind === "group"
      ? node.max === Number.POSITIVE_INFINITY || node.alternatives.some(isUnbounded)
      : node.kind === "set" && node.max === Number.POSITIVE_INFINITY,
  );
}

/** The sequence with every group that holds an unbounded repetition written out, one result per way to choose. */
function flattened(sequence: Sequence): readonly (readonly Item[])[] {
  let results: (readonly Item[])[] = [[]];
  for (const node of sequence) {
    const choices = node.kind === "group" ? groupChoices(node) : [[node]];
    results = results.flatMap((before) => choices.map((choice) => [...before, ...choice]));
    if (results.length > mostSequences) throw new UnsupportedSyntax("it has too many alternatives");
  }
  return results;
}

function groupChoices(group: GroupNode): readonly (readonly Item[])[] {
  if (group.max === Number.POSITIVE_INFINITY) {
    throw new UnsupportedSyntax(
      group.alternatives.some(isUnbounded)
        ? "it nests one unbounded repetition in another"
        : "it repeats a group without an upper bound",
    );
  }
  if (!group.alternatives.some(isUnbounded)) return [[block(group)]];
  if (group.max > 1) throw new UnsupportedSyntax("an unbounded repetition stands inside a repeated group");
  const choices = group.alternatives.flatMap(flattened);
  return group.min === 0 ? [...choices, []] : choices;
}

function block(group: GroupNode): Block {
  const inner = group.alternatives.map((sequence) => flattened(sequence)[0] ?? []);
  const firsts = inner.map(firstSet);
  const exclusive = firsts.every((set, i) => firsts.slice(i + 1).every((other) => disjoint(set, other)));
  const fixed = inner
    .flat()
    .every((item) => (item.kind === "set" ? item.min === item.max : item.kind === "block" && item.single));
  const steps = inner.reduce((sum, items) => sum + stepsOf(items), 0);
  const repeats = Math.max(1, group.max);
  const single = exclusive && fixed && (group.min === group.max || group.max === 1);
  return {
    kind: "block",
    set: union(inner.flat().map((item) => (item.kind === "assertion" ? [] : item.set))),
    first: union(firsts),
    min: group.min * Math.min(...group.alternatives.map(least)),
    max:
      group.max *
      Math.max(
        ...inner.map((items) =>
          items.reduce((sum, item) => sum + (item.kind === "assertion" ? 0 : item.max), 0),
        ),
      ),
    steps: exclusive && fixed ? steps * repeats : (steps + group.alternatives.length) ** repeats,
    optional: group.min === 0 || group.alternatives.some((sequence) => least(sequence) === 0),
    single,
  };
}

/** The characters that a match of the items can begin with. */
function firstSet(items: readonly Item[]): CharSet {
  const sets: CharSet[] = [];
  for (const item of items) {
    if (item.kind === "assertion") continue;
    sets.push(item.kind === "set" ? item.set : item.first);
    if (item.kind === "set" ? item.min > 0 : !item.optional) break;
  }
  return union(sets);
}

function isOptional(item: Item): boolean {
  return item.kind === "assertion" || (item.kind === "set" ? item.min === 0 : item.optional);
}

/** An upper bound of the steps that bounded parts take from one starting place. */
function stepsOf(items: readonly Item[]): number {
  let steps = 1;
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i];
    if (item === undefined || item.kind === "assertion") continue;
    const rest = items.slice(i + 1);
    const choosesOnce = rest.length === 0 || disjoint(item.set, firstSet(rest));
    if (item.kind === "block") {
      steps = item.single || choosesOnce ? steps + item.steps : steps * (item.steps + 1);
    } else if (item.max === Number.POSITIVE_INFINITY) {
      // A run that must be followed by something is walked again for every way to reach it.
      steps += item.min + (rest.length === 0 ? 1 : runWeight);
    } else {
      const ways = choosesOnce ? 1 : item.max - item.min + 1;
      steps = steps * ways + item.max;
    }
  }
  return steps;
}

function judge(items: readonly Item[]): void {
  for (const item of items) {
    if (
      item.kind === "set" &&
      (item.min > mostRepeats || (item.max > mostRepeats && item.max !== Number.POSITIVE_INFINITY))
    ) {
      throw new UnsupportedSyntax(`it repeats something more than ${mostRepeats} times`);
    }
  }
  if (stepsOf(items) > mostSteps) throw new UnsupportedSyntax("it has too many ways to match");
  let previous = -1;
  for (const [i, item] of items.entries()) {
    if (item.kind !== "set" || item.max !== Number.POSITIVE_INFINITY) continue;
    judgeRun(items, i, previous, item.set);
    previous = i;
  }
}

/** An unbounded repetition at `at`; the one before it stands at `previous`, -1 when there is none. */
function judgeRun(items: readonly Item[], at: number, previous: number, set: CharSet): void {
  const rest = items.slice(at + 1);
  if (rest.length === 0) return; // once it is reached the match is certain
  if (!disjoint(set, firstSet(rest))) {
    throw new UnsupportedSyntax("an unbounded repetition is followed by something that it matches itself");
  }
  if (rest.every((item) => item.kind !== "assertion" && isOptional(item))) return;
  const before = items.slice(previous + 1, at);
  const isFenced = before.some(
    (item) => item.kind !== "assertion" && !isOptional(item) && disjoint(item.set, set),
  );
  if (isFenced) return;
  // Inside a word there is no boundary, so a pattern that begins with one cannot begin again there.
  const [lead] = items;
  const startsWord =
    previous === -1 &&
    lead?.kind === "assertion" &&
    lead.wordBoundary &&
    within(set, wordCharacters) &&
    before.slice(1).length > 0 &&
    before.slice(1).every((item) => item.kind !== "assertion" && within(item.set, wordCharacters)) &&
    before.slice(1).some((item) => !isOptional(item));
  if (!startsWord) {
    throw new UnsupportedSyntax(
      "an unbounded repetition can begin again inside itself; give it an upper bound, or put a character before it that it cannot match",
    );
  }
}
