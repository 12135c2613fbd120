/**
 * Opens a TCP connection to one of the addresses of a host. No name is resolved here.
 *
 * @module
 */

import { connect, isIP, type Socket } from "node:net";
import type { NetworkAddress } from "./resolve.ts";

/** Before the next address of a host is tried, in ms (RFC 8305 §5 suggests less, for attempts that go on side by side). */
export const nextAddressMs = 1_000;

/**
 * Tries the addresses one after another, IPv6 and IPv4 in turn, until one accepts. All but the last have a second each.
 * @throws the last attempt's error, or the signal's reason.
 */
export async function dial(addresses: readonly NetworkAddress[], signal: AbortSignal): Promise<Socket> {
  const inTurn = alternating(addresses);
  let failure: unknown = new Error("no address");
  for (const [index, to] of inTurn.entries()) {
    try {
      return await dialOne(to, index === inTurn.length - 1 ? null : nextAddressMs, signal);
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}

function dialOne(to: NetworkAddress, limitMs: number | null, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  // Anything else would be resolved once more, by nobody's rules.
  if (isIP(to.address) === 0) throw new Error("not an address");
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: to.address,
      port: to.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    });
    const end = () => void socket.destroy();
    const timer = limitMs === null ? undefined : setTimeout(end, limitMs);
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    };
    signal.addEventListener("abort", end, { once: true });
    // Stays, for errors between here and the next one who listens.
    socket.on("error", reject);
    socket.once("close", () => {
      settle();
      reject(new Error("closed"));
    });
    socket.once("connect", () => {
      settle();
      resolve(socket);
    });
  });
}

/** The families in turn, beginning with the first address's, so that one broken family costs one attempt (RFC 8305 §4). */
function alternating(addresses: readonly NetworkAddress[]): readonly NetworkAddress[] {
  const [first] = addresses;
  if (first === undefined) return [];
  const family = isIP(first.address);
  const same = addresses.filter(({ address }) => isIP(address) === family);
  const other = addresses.filter(({ address }) => isIP(address) !== family);
  return same
    .flatMap((address, index) => [address, ...other.slice(index, index + 1)])
    .concat(other.slice(same.length));
}
