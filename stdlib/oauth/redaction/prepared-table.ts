/**
 * The anchor table of the catalogue. The build writes it into the compiled file, in place of null: making it takes longer
 * than most scripts that the command runs. See packed-table.ts.
 *
 * @module
 */

/** An anchor table as text. Numbers are in base64, in the byte order of the machine. */
export interface PackedTable {
  /** The literals that it was made from. */
  readonly literals: string;
  /** 16-bit: the pairs. */
  readonly pairs: string;
  readonly after: PackedBeside;
  readonly before: PackedBeside;
  readonly around: PackedBeside;
}

export interface PackedBeside {
  /** 32-bit, by twos: where anchors are, and where they begin. */
  readonly first: string;
  /** 16-bit. */
  readonly anchors: string;
}

export const preparedTable: PackedTable | null = null;
