/**
 * What names resolve to in a case.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { isIP } from "node:net";
import type { ResolvedAddress } from "../../runtime/host/egress.ts";
import { isLoopbackHost } from "../../runtime/host/address.ts";
import type { NetworkScript } from "./network.ts";

export interface Names {
  /** Rejects when the name does not exist. */
  lookup(name: string): Promise<readonly ResolvedAddress[]>;
}

/** The names of one case. A name that the case does not list has one public address of its own. */
export function namesOf(given: NetworkScript["names"]): Names {
  const lists = new Map(
    Object.entries(given).map(([name, addresses]) => [
      plain(name),
      { answers: answersOf(addresses), used: 0 },
    ]),
  );
  const taken = new Set([...lists.values()].flatMap(({ answers }) => answers.flat()));
  const own = new Map<string, string>();

  function ownAddress(name: string): string {
    const known = own.get(name);
    if (known !== undefined) return known;
    const hash = createHash("sha256").update(name).digest().readUInt16BE(0);
    for (let next = hash; ; next += 1) {
      const address = `93.184.${(next >> 8) & 0xff}.${next & 0xff}`;
      if (taken.has(address)) continue;
      taken.add(address);
      own.set(name, address);
      return address;
    }
  }

  return {
    async lookup(asked) {
      const name = plain(asked);
      const list = lists.get(name);
      if (list !== undefined) {
        const addresses = list.answers[Math.min(list.used, list.answers.length - 1)] ?? [];
        list.used += 1;
        if (addresses.length === 0) throw notFound(asked);
        return addresses.map(resolved);
      }
      if (isIP(name) !== 0) return [resolved(name)];
      return [resolved(isLoopbackHost(name) ? "127.0.0.1" : ownAddress(name))];
    },
  };
}

/** As names are compared: in lower case, with or without the root's dot. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** One answer after the other. */
function answersOf(given: NetworkScript["names"][string]): readonly (readonly string[])[] {
  const lists = given.filter((one): one is readonly string[] => typeof one !== "string");
  return lists.length > 0 ? lists : [given as readonly string[]];
}

function resolved(address: string): ResolvedAddress {
  return { address, family: isIP(address) === 6 ? 6 : 4 };
}

function notFound(name: string): Error {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" });
}
