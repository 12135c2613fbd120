/**
 * The network that the attack rows of one run of the suite share.
 *
 * @module
 */

import type { NetworkSource } from "./mode.ts";
import { openNetwork } from "./network/open-network.ts";
import type { Network } from "./network/network.ts";

/** One network for the attack rows of all modes, opened when the first needs it. */
export function networkSource(): { readonly source: NetworkSource; close(): Promise<void> } {
  let opened: Promise<Network> | null = null;
  return {
    async source({ script }) {
      if (script.sockets === null) return null;
      opened ??= openNetwork();
      return await opened;
    },
    close: async () => await (await opened)?.close(),
  };
}
