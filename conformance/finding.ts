/**
 * What a judge finds.
 *
 * @module
 */

import type { Difference } from "./matchers.ts";

/** One thing that is not as it must be. */
export interface Finding {
  /** Which part of the case: `step 2: token`, `requests`, `events oauth.client.audit`, … */
  readonly where: string;
  readonly differences: readonly Difference[];
}
