/**
 * What the benchmark prints.
 *
 * @module
 */

import type { Figure } from "./measure.ts";

/** The report as lines of a Markdown table, a line for each peer. */
export function table(figures: readonly Figure[]): string {
  const cells = figures.flatMap(({ name, unit, ours, peers }) => {
    const own = [name, `${number(ours)} ${unit}`];
    if (peers.length === 0) return [[...own, "", "", ""]];
    return peers.map((peer, index) => [
      ...(index === 0 ? own : ["", ""]),
      peer.name,
      `${number(peer.value)} ${unit}`,
      `${number(peer.ratio)}×`,
    ]);
  });
  const head = ["what", "ours", "beside", "theirs", "ours is better by"];
  const rows = [head, ...cells];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [line(head), rule, ...cells.map(line)].join("\n");
}

/** Three digits that mean something. */
function number(value: number): string {
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
