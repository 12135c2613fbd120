/**
 * Anchor tables as text, so that the one of the catalogue is made once, by the build.
 *
 * @module
 */

import { type AnchorTable, anchorTable, type Beside, charactersOf, type Literal } from "./anchor-table.ts";
import { type PackedBeside, type PackedTable, preparedTable } from "./prepared-table.ts";

/** The table of these literals: the prepared one when it was made from exactly these, else a new one. */
export function tableFor(
  literals: readonly Literal[],
  prepared: PackedTable | null = preparedTable,
): AnchorTable {
  if (prepared === null || prepared.literals !== textOf(literals)) return anchorTable(literals);
  const { pairs, after, before, around } = anchorTable([]);
  for (const pair of new Uint16Array(bytesOf(prepared.pairs))) pairs[pair] = 1;
  return {
    literals,
    ...charactersOf(literals),
    pairs,
    after: unpacked(prepared.after, after),
    before: unpacked(prepared.before, before),
    around: unpacked(prepared.around, around),
  };
}

/** The table as {@link tableFor} takes it. */
export function packed(table: AnchorTable): PackedTable {
  const pairs = [...table.pairs.keys()].filter((pair) => table.pairs[pair] === 1);
  return {
    literals: textOf(table.literals),
    pairs: base64(Uint16Array.from(pairs)),
    after: packedBeside(table.after),
    before: packedBeside(table.before),
    around: packedBeside(table.around),
  };
}

function packedBeside({ has, first, anchors }: Beside): PackedBeside {
  const places = [...has.keys()].filter((place) => has[place] === 1);
  return {
    first: base64(Int32Array.from(places.flatMap((place) => [place, first[place] ?? 0]))),
    anchors: base64(Int16Array.from(anchors)),
  };
}

/** Fills an empty one. */
function unpacked({ first, anchors }: PackedBeside, into: Beside): Beside {
  const places = new Int32Array(bytesOf(first));
  for (let i = 0; i < places.length; i += 2) {
    const place = places[i] ?? 0;
    into.has[place] = 1;
    into.first[place] = places[i + 1] ?? 0;
  }
  return { ...into, anchors: Int32Array.from(new Int16Array(bytesOf(anchors))) };
}

function textOf(literals: readonly Literal[]): string {
  return JSON.stringify(literals.map(({ text, ignoreCase }) => (ignoreCase ? [text] : text)));
}

function base64(numbers: Uint16Array | Int16Array | Int32Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString("base64");
}

/** In memory of its own, where numbers of any size may begin. */
function bytesOf(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, "base64")).buffer;
}
