/**
 * Whether a lost grant could have been kept.
 *
 * @module
 */

import { losesAnswer } from "./answer-faults.ts";
import type { Reuse } from "./grants.ts";
import type { WorkerRecord } from "./fleet.ts";

/** A grant that the server ended. `in_window`: its successor was committed, and no one could have stored it. */
export interface Loss {
  readonly account: number;
  readonly cause: "answer_lost" | "killed_in_window" | "avoidable";
  /** One sentence, times from the server's log. */
  readonly proof: string;
}

/**
 * Judges the end of a grant from the server's books: the request that first spent the token must have lost its answer on the
 * way, or its process must have been killed before any of what it got was shown.
 */
export function judgeLoss({ set, by }: Reuse, workerOf: (number: number) => WorkerRecord | null): Loss {
  const { account } = set.grant;
  const first = set.spentBy;
  if (first === null || first.committedAt === null || first.successor === null)
    return { account, cause: "avoidable", proof: "a token that was never spent came again" };
  const { committedAt, fault, worker, successor } = first;
  const ms = (at: number): string => `${(at - committedAt).toFixed(0)} ms`;
  const again = `worker ${by.worker} presented it again ${ms(by.arrivedAt)} after the commit`;
  if (fault !== null && losesAnswer.has(fault))
    return {
      account,
      cause: "answer_lost",
      proof: `the answer to worker ${worker} was lost (${fault}); ${again}`,
    };
  const killedAt = workerOf(worker)?.killedAt ?? null;
  if (killedAt !== null && !successor.shown && successor.spentBy === null)
    return {
      account,
      cause: "killed_in_window",
      proof: `worker ${worker} was killed ${ms(killedAt)} after the commit; ${again}`,
    };
  const isLate = by.arrivedAt < committedAt && workerOf(by.worker)?.killedAt != null;
  const late = `the request of worker ${by.worker}, which was dead, was acted on after that of worker ${worker}`;
  return {
    account,
    cause: "avoidable",
    proof: isLate ? late : `worker ${worker} had the answer and lived; ${again}`,
  };
}
