import { expect, test } from "vitest";
import { type AnchorTable, anchorTable, type Literal } from "./anchor-table.ts";
import { tokenFamilies } from "./catalogue/index.ts";
import { packed, tableFor } from "./packed-table.ts";
import { preparedTable } from "./prepared-table.ts";
import { rulesOf } from "./rules.ts";

const catalogue: readonly Literal[] = rulesOf(tokenFamilies).map(({ literal }) => literal);
const few: readonly Literal[] = [
  { text: "abc", ignoreCase: false },
  { text: "token=", ignoreCase: true },
  { text: "ghp_", ignoreCase: false },
];
const others: readonly (readonly [string, readonly Literal[]])[] = [
  ["another text", few.with(0, { text: "abd", ignoreCase: false })],
  ["another case", few.with(0, { text: "abc", ignoreCase: true })],
  ["another order", few.toReversed()],
  ["one less", few.slice(1)],
  ["none", []],
];

/** Of numbers, so that a difference is told in a line. */
function same(one: AnchorTable, other: AnchorTable): boolean {
  const bytes = ({ literals, characters, folds, pairs, after, before, around }: AnchorTable): Buffer[] => [
    Buffer.from(JSON.stringify(literals)),
    ...[characters, folds, pairs].map((numbers) => Buffer.from(numbers)),
    ...[after, before, around].flatMap(({ has, first, anchors }) => [
      Buffer.from(has),
      Buffer.from(first.buffer),
      Buffer.from(anchors.buffer),
    ]),
  ];
  const theirs = bytes(other);
  return bytes(one).every((part, index) => part.equals(theirs[index] ?? Buffer.alloc(0)));
}

test("a packed table is unpacked as it was", () => {
  expect(same(tableFor(few, packed(anchorTable(few))), anchorTable(few))).toBe(true);
});

test.each(others)("a packed table is not taken for %s", (_what, literals) => {
  const table = tableFor(literals, packed(anchorTable(few)));
  expect(same(table, anchorTable(literals))).toBe(true);
  expect(same(table, anchorTable(few))).toBe(false);
});

test("the build has prepared the table of the catalogue", () => {
  expect(preparedTable).toEqual(packed(anchorTable(catalogue)));
  expect(same(tableFor(catalogue), anchorTable(catalogue))).toBe(true);
});
