/**
 * Opens the network of the attack table. One network serves one case after the other.
 *
 * @module
 */

import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import type { NetworkAddress } from "../../runtime/host/egress.ts";
import { createAuthority } from "./certificates.ts";
import { type Connection, serveConnection } from "./connection.ts";
import { holdRefusingPort, type Listener, openListener } from "./listeners.ts";
import { type Names, namesOf } from "./names.ts";
import type { Network, NetworkScript } from "./network.ts";

/** So many different addresses and ports a case may dial. */
const listenerCount = 16;

interface Slot {
  readonly listener: Listener;
  /** What it stands for in the running case; null: nothing dialled it yet. */
  place: NetworkAddress | null;
}

const silence: NetworkScript = { names: {}, tls: {}, answer: async () => null, refuses: () => false };

/**
 * Opens it on 127.0.0.1. It answers nothing until `begin`, and does not keep the process alive.
 * @throws Error from `connectTo` when a case dials more different addresses than there are listeners.
 */
export async function openNetwork(): Promise<Network> {
  const authority = createAuthority();
  let script = silence;
  let names: Names = namesOf({});
  let heard: Connection[] = [];
  let slots: Slot[] = [];

  function accept(socket: Socket, place: NetworkAddress | null, proxy: boolean): void {
    if (place === null) socket.destroy();
    else heard.push(serveConnection(socket, { ...place, proxy, authority, script }));
  }

  const opened = await Promise.all(
    Array.from({ length: listenerCount }, async () => {
      const listener = await openListener((socket) => accept(socket, slot.place, false));
      const slot: Slot = { listener, place: null };
      return slot;
    }),
  );
  slots = opened;
  const refusing = await holdRefusingPort();
  const proxy = await openListener((socket) =>
    accept(socket, { address: "127.0.0.1", port: proxy.port }, true),
  );

  function forget(): void {
    for (const connection of heard) connection.destroy();
    heard = [];
  }

  function slotFor({ address, port }: NetworkAddress): Slot {
    const known = slots.find(({ place }) => place?.address === address && place.port === port);
    if (known !== undefined) return known;
    const free = slots.find(({ place }) => place === null);
    if (free === undefined)
      throw new Error(
        `a case dials more than ${listenerCount} addresses: ${address}:${port} is one too many`,
      );
    free.place = { address, port };
    return free;
  }

  return {
    ca: authority.ca,
    proxy: `http://127.0.0.1:${proxy.port}`,
    lookup: (name) => names.lookup(name),
    connectTo({ address, port }) {
      const here = (to: Listener): NetworkAddress => ({ address: "127.0.0.1", port: to.port });
      // Who takes the proxy from the environment dials it as it is.
      if (address === "127.0.0.1" && port === proxy.port) return here(proxy);
      if (script.refuses(address, port)) return here(refusing);
      return here(slotFor({ address, port }).listener);
    },
    begin(next) {
      forget();
      script = next;
      names = namesOf(next.names);
      // A listener rests as long as possible before it stands for another place.
      slots = [
        ...slots.filter(({ place }) => place === null),
        ...slots.filter(({ place }) => place !== null),
      ];
      for (const slot of slots) slot.place = null;
    },
    get heard() {
      return heard;
    },
    async settle() {
      let before = -1;
      for (let quiet = 0; quiet < 4; quiet += 1) {
        await turn();
        const now = heard.reduce((sum, { size }) => sum + size, heard.length);
        if (now !== before) quiet = 0;
        before = now;
      }
    },
    async close() {
      forget();
      await Promise.all(
        [...slots.map(({ listener }) => listener), refusing, proxy].map((one) => one.close()),
      );
    },
  };
}
