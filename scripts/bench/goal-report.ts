/**
 * What a bench with goals prints: the machine, the table, and how many goals were met.
 *
 * @module
 */

import { availableParallelism, cpus } from "node:os";
import { type GoalRow, verdict } from "./goal-row.ts";
import { goalTable } from "./goal-table.ts";

/** The report as text, or as JSON. */
export function goalReport(rows: readonly GoalRow[], isJson: boolean): string {
  const judged = rows.map(verdict).filter(Boolean);
  const about = {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    goals: { all: judged.length, met: judged.filter((word) => word === "yes").length },
  };
  if (isJson)
    return JSON.stringify({ ...about, rows: rows.map((row) => ({ ...row, met: verdict(row) })) }, null, 2);
  return [
    `${about.date}, Node ${about.node}, ${about.cpu}, ${about.cores} cores; time by the clock`,
    "",
    goalTable(rows),
    "",
    `${about.goals.met} of ${about.goals.all} goals met.`,
  ].join("\n");
}
