/**
 * Makes the connection of one origin: to the addresses that were checked, directly or through the proxy, with TLS around it.
 *
 * @module
 */

import { isIP, type Socket } from "node:net";
import type { SecureContext } from "node:tls";
import type * as undici from "undici";
import { isOwnMachine } from "./address.ts";
import { minTlsVersion } from "./certificates.ts";
import { ConnectFault, connectFault } from "./connect-fault.ts";
import { dial } from "./dial.ts";
import type { EgressSettings } from "./egress-options.ts";
import { openTunnel, type Proxy } from "./proxy.ts";
import type { NetworkAddress, ResolvedAddress } from "./resolve.ts";

/** Where a connection leads, as the HTTP client says it. */
type Target = undici.buildConnector.Options;

/** Makes one connection. @throws ConnectFault, or the signal's reason. */
export type Connect = (target: Target, signal: AbortSignal) => Promise<Socket>;

/** Makes connections to these addresses. */
export function connector(
  library: typeof undici,
  settings: EgressSettings,
  addresses: readonly ResolvedAddress[],
): Connect {
  const { proxy, connectTo } = settings;
  const secure = securing(library, settings.secureContext());
  // At the proxy they would lead to the proxy's machine.
  const remote = addresses.filter(({ address }) => !isOwnMachine(address));

  async function throughProxy(by: Proxy, port: number, signal: AbortSignal): Promise<Socket> {
    let refusal = new ConnectFault("proxy_refused");
    for (const { address } of remote) {
      const socket = await toProxy(by, signal);
      try {
        return await openTunnel(library, by, socket, { address, port }, signal);
      } catch (error) {
        // It may have no way to addresses of this family.
        if (!(error instanceof ConnectFault) || error.reason !== "proxy_refused") throw error;
        refusal = error;
      }
    }
    throw refusal;
  }

  async function toProxy({ hostname, port, secure: isSecure }: Proxy, signal: AbortSignal): Promise<Socket> {
    try {
      const found = isIP(hostname) === 0 ? await settings.lookup(hostname) : [{ address: hostname }];
      const socket = await dial(
        found.map(({ address }) => ({ address, port })),
        signal,
      );
      const target = { hostname, host: hostname, port: String(port), protocol: "https:" };
      return isSecure ? await secure(target, socket, signal) : socket;
    } catch {
      throw new ConnectFault("proxy_unreachable");
    }
  }

  return async (target, signal) => {
    const isSecure = target.protocol === "https:";
    const port = target.port === "" ? (isSecure ? 443 : 80) : Number(target.port);
    const wanted = addresses.map(({ address }): NetworkAddress => ({ address, port }));
    try {
      const socket =
        proxy !== null && isSecure && remote.length > 0
          ? await throughProxy(proxy, port, signal)
          : await dial(connectTo === null ? wanted : wanted.map(connectTo), signal);
      return isSecure ? await secure(target, socket, signal) : socket;
    } catch (error) {
      signal.throwIfAborted();
      throw connectFault(error);
    }
  };
}

/** TLS around a socket, with the certificate checked against the target's name. */
function securing(
  library: typeof undici,
  secureContext: SecureContext | null,
): (target: Target, socket: Socket, signal: AbortSignal) => Promise<Socket> {
  const build = library.buildConnector({
    allowH2: false,
    // Explicit, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment changes nothing.
    rejectUnauthorized: true,
    minVersion: minTlsVersion,
    // The connection as a whole has a limit.
    timeout: 0,
    ...(secureContext === null ? {} : { secureContext }),
  });
  return (target, socket, signal) =>
    new Promise((resolve, reject) => {
      const end = () => void socket.destroy();
      signal.addEventListener("abort", end, { once: true });
      build({ ...target, httpSocket: socket }, (error, secured) => {
        signal.removeEventListener("abort", end);
        if (error === null) resolve(secured);
        else {
          socket.destroy();
          reject(error);
        }
      });
    });
}
