/**
 * The table of goals as Markdown.
 *
 * @module
 */

import { type GoalRow, ratio, verdict } from "./goal-row.ts";

const head = ["what", "goal", "ours: best", "median", "met", "beside", "theirs: best", "ours is better by"];

/** The rows as lines, a line for each peer, and the notes below. */
export function goalTable(rows: readonly GoalRow[]): string {
  const notes: string[] = [];
  const mark = (note: string | undefined): string => {
    if (note === undefined) return "";
    if (!notes.includes(note)) notes.push(note);
    return ` [${notes.indexOf(note) + 1}]`;
  };
  const cells = rows.flatMap((row) => {
    const { what, unit, goal, ours, beside, note } = row;
    const own = [
      `${what}${mark(note)}`,
      goal === null
        ? ""
        : "least" in goal
          ? `≥ ${number(goal.least)} ${unit}`
          : `≤ ${number(goal.most)} ${unit}`,
      ours === null ? "not measured" : `${number(ours.best)} ${unit}`,
      ours === null || ours.best === ours.median ? "" : number(ours.median),
      verdict(row),
    ].map((cell) => cell.trimEnd());
    if (beside.length === 0) return [[...own, "", "", ""]];
    return beside.map((peer, index) => {
      const better = ratio(row, peer);
      return [
        ...(index === 0 ? own : own.map(() => "")),
        `${peer.name}${mark(peer.note)}`,
        peer.figure === null ? "not installed" : `${number(peer.figure.best)} ${unit}`.trimEnd(),
        better === null || !Number.isFinite(better) ? "" : `${number(better)}×`,
      ];
    });
  });
  const table = [head, ...cells.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")))];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const below = notes.map((note, index) => `[${index + 1}] ${note}`);
  return [line(head), rule, ...table.slice(1).map(line), "", ...below].join("\n").trimEnd();
}

/** Three digits that mean something; shares near the whole keep two places. */
export function number(value: number): string {
  if (value > 90 && value <= 100) return String(Number(value.toFixed(2)));
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
