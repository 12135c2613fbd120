/**
 * The attack table: results in, rows out, as lines for a terminal or as a page.
 *
 * @module
 */

import type { ModeName } from "./case-format.ts";
import type { CaseResult } from "./run-case.ts";

/** A row with what became of it. */
export interface AttackRow {
  /** As in `D5`. */
  readonly row: string;
  /** The case's name. */
  readonly name: string;
  readonly does: string;
  readonly safe: string;
  /** The codes that its calls ended with, or "answers" when nothing had to be refused. */
  readonly outcome: string;
  readonly modes: readonly ModeName[];
  readonly holds: boolean;
}

/** The groups by their letter. */
export const attackGroups: Readonly<Record<string, string>> = {
  A: "Authorization request and response",
  B: "Issuer, metadata and discovery",
  C: "Token endpoint: transport",
  D: "Token response: content",
  E: "Error texts and display",
  F: "Refresh",
  G: "Loopback callback",
  H: "Device flow",
  I: "ID tokens, JWT, JWKS",
  J: "Sender constraint and client assertions",
  K: "Registration and resource metadata",
  L: "URLs, names, addresses",
  M: "Tokens at the resource",
  N: "Storage, logs, sandbox",
  P: "The script",
  Q: "Thieves: scripts written to steal a token",
  S: "Containment: scripts written to break or exhaust the sandbox",
};

/** One row for each case that is one, in the table's order. */
export function attackRows(results: readonly CaseResult[]): readonly AttackRow[] {
  const rows = new Map<string, AttackRow>();
  for (const { attack, name, mode, outcome = [], findings } of results) {
    if (attack === undefined) continue;
    const before = rows.get(name);
    rows.set(name, {
      row: attack.row,
      name,
      does: attack.does,
      safe: attack.safe,
      outcome: before?.outcome ?? (outcome.length === 0 ? "answers" : outcome.join(", ")),
      modes: [...(before?.modes ?? []), mode],
      holds: (before?.holds ?? true) && findings.length === 0,
    });
  }
  return [...rows.values()].sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1));
}

function order({ row }: AttackRow): number {
  return row.charCodeAt(0) * 1000 + Number(row.slice(1));
}

/** A line for each row. */
export function attackLines(rows: readonly AttackRow[]): readonly string[] {
  return rows.map(
    ({ row, holds, outcome, modes, does, safe }) =>
      `${row.padEnd(4)} ${holds ? "holds " : "BROKEN"} ${modes.join("+").padEnd(10)} ${outcome.padEnd(12)}  ${does} → ${safe}`,
  );
}

/** The page of the table in Markdown. */
export function attackPage(rows: readonly AttackRow[]): string {
  const groups = Object.entries(attackGroups).flatMap(([letter, title]) => {
    const own = rows.filter(({ row }) => row.startsWith(letter));
    if (own.length === 0) return [];
    return [
      `## ${letter}. ${title}`,
      "",
      "| row | attack | what a safe client does | here |",
      "|---|---|---|---|",
      ...own.map(
        ({ row, name, does, safe, outcome, modes, holds }) =>
          `| [${row}](../fixtures/cases/${name}.json) | ${cell(does)} | ${cell(safe)} | ${holds ? "holds" : "**broken**"}: ${outcome} (${modes.join(", ")}) |`,
      ),
      "",
    ];
  });
  const held = rows.filter(({ holds }) => holds).length;
  return [
    "# The attack table",
    "",
    `${rows.length} rows, ${held} hold. Each is a case of the [conformance suite](conformance.md) against hostile servers on real loopback sockets, in the sandbox and in Node.`,
    "All bytes that any server received are searched for every secret of the row: as it is, in base64 at any alignment, hex, percent and JSON escapes. One may stand only at the server that it belongs to,",
    "and never in a URL. `holdfast conformance --attacks` runs the table and prints it; a row's link is its case. Which deliberate fault each rule's row catches stands in [mutants.md](mutants.md); what is protected, and from whom, in the [threat model](threat-model.md).",
    "",
    ...groups,
  ].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
