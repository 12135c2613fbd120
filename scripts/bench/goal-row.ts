/**
 * One line of the table of goals.
 *
 * @module
 */

/** The best and the middle of some rounds. */
export interface Figure {
  readonly best: number;
  readonly median: number;
}

/** `least` or `most` in the row's unit. */
export type Goal = { readonly least: number } | { readonly most: number };

/** What stands beside ours. */
export interface Beside {
  readonly name: string;
  /** Null when the peer is not installed. */
  readonly figure: Figure | null;
  /** What the peer does less, or does differently. */
  readonly note?: string;
  /** True: it had other work, so that no ratio is fair. */
  readonly isOther?: true;
}

/** A line. */
export interface GoalRow {
  readonly what: string;
  readonly unit: string;
  /** Null where the reference sets none. */
  readonly goal: Goal | null;
  /** Null when it was not measured; `note` says why. */
  readonly ours: Figure | null;
  readonly beside: readonly Beside[];
  readonly note?: string;
  /** True: more is better. Default: less is. */
  readonly isMore?: true;
}

/** Whether ours meets the goal: in the middle too, in the best round only, or not at all. */
export function verdict({ goal, ours }: GoalRow): "yes" | "best round only" | "no" | "" {
  if (goal === null || ours === null) return "";
  const meets = (value: number): boolean => ("least" in goal ? value >= goal.least : value <= goal.most);
  if (meets(ours.median)) return "yes";
  return meets(ours.best) ? "best round only" : "no";
}

/** How many times better than the peer we are; below 1 we are worse. Null for shares, which speak for themselves. */
export function ratio({ ours, unit, isMore }: GoalRow, { figure, isOther }: Beside): number | null {
  if (ours === null || figure === null || isOther === true || unit === "%") return null;
  return isMore === true ? ours.best / figure.best : figure.best / ours.best;
}
