/**
 * A limit on the database's time.
 *
 * @module
 */

import type { OAuthError } from "../../errors.ts";
import { postgresError } from "./postgres-fault.ts";

/** How long a connection and its statement may take together, in ms. */
const limitMs = 15_000;

export interface Limit {
  /** The answer; or HARN-OAU-010 when the time is over before, and `late` is called. */
  race<T>(answer: Promise<T>, late?: () => void): Promise<T>;
  clear(): void;
}

/** Starts the time. */
export function startLimit(): Limit {
  let end = (_error: OAuthError): void => {};
  const over = new Promise<never>((_, reject) => {
    end = reject;
  });
  over.catch(() => {}); // Nobody may be waiting.
  // A real timer, whatever a test clock says. After a freeze it comes before the sockets are read: what is there is taken.
  const timer = setTimeout(() => setImmediate(() => end(postgresError("slow"))), limitMs);
  return {
    async race(answer, late) {
      try {
        return await Promise.race([answer, over]);
      } catch (error) {
        if (isOwnError(error)) late?.();
        throw error;
      }
    },
    clear: () => clearTimeout(timer),
  };
}

/** True for an error of ours, which needs no judging. */
export function isOwnError(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === "HARN-OAU-010";
}
