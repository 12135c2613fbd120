/**
 * `refreshDue()`: one round of the background refresh.
 *
 * @module
 */

import { leaseTimes } from "./lease.ts";
import { type RefreshCounts, type RefreshDueOptions, Refresher } from "./refresher.ts";

/**
 * Refreshes the connections of all tenants that are due, until none is; answers how many. Any number of hosts may call it at once: each
 * connection is claimed by one of them. A failure puts its connection off and does not end the round; `oauth.refresh.audit` tells of it.
 * When `signal` aborts, nothing more is begun, and what is on its way ends.
 *
 * @throws HARN-OAU-010 when the database cannot be reached (retryable), when a role sees what it must not, or when the
 *   schema is not that of this release.
 */
export async function refreshDue(options: RefreshDueOptions, signal?: AbortSignal): Promise<RefreshCounts> {
  const refresher = await Refresher.open(options, leaseTimes);
  try {
    return await refresher.run({ number: 0, of: 1 }, signal);
  } finally {
    await refresher.close();
  }
}
