/**
 * Which IP addresses belong to the public internet, after the IANA special-purpose registries
 * (RFC 6890 and its updates) and the address forms that carry an IPv4 address inside.
 *
 * @module
 */

import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";

const specialV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8], // this network, unspecified
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // carrier-grade NAT; holds a metadata service (100.100.100.200)
  ["127.0.0.0", 8],
  ["168.63.129.16", 32], // a cloud's host agent, reachable from every machine of it
  ["169.254.0.0", 16], // link-local; holds the metadata services
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16],
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
];

/** Special ranges inside global unicast (2000::/3). All else outside it is special already. */
const specialV6: readonly (readonly [string, number])[] = [
  ["2001::", 23], // protocol assignments: Teredo, benchmarks, ORCHID
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4
  ["3fff::", 20], // documentation
];

// An IPv4 rule of a BlockList also matches the mapped form (::ffff:a.b.c.d). A rule for ::ffff:0:0/96 in the
// same list would match every IPv4 address, so the forms that are reachable at all stand in a list of their own.
const special = new BlockList();
const reachableV6 = new BlockList();
const loopbackV6 = new BlockList();

for (const [net, prefix] of specialV4) {
  special.addSubnet(net, prefix, "ipv4");
  // NAT64 (RFC 6052): networks without IPv4 reach public IPv4 hosts this way, so only special ones are refused.
  special.addSubnet(`64:ff9b::${net}`, 96 + prefix, "ipv6");
}
for (const [net, prefix] of specialV6) special.addSubnet(net, prefix, "ipv6");
reachableV6.addSubnet("2000::", 3, "ipv6");
reachableV6.addSubnet("64:ff9b::", 96, "ipv6");
reachableV6.addSubnet("::ffff:0:0", 96, "ipv6");
loopbackV6.addAddress("::1", "ipv6");
// Its mapped form too.
loopbackV6.addSubnet("127.0.0.0", 8, "ipv4");
const unspecified = new BlockList();
unspecified.addSubnet("0.0.0.0", 8, "ipv4");
unspecified.addAddress("::", "ipv6");

/** Verdicts, which never change: the lists are slow to ask, and most requests go to few addresses. */
const judged = new Map<string, boolean>();
const mostJudged = 1_000;

/** True for an address of the public internet; false for every special one, and for text that is no IP address. */
export function isPublicAddress(ip: string): boolean {
  let isPublic = judged.get(ip);
  if (isPublic === undefined) {
    isPublic = judgeAddress(ip);
    if (judged.size === mostJudged) judged.clear();
    judged.set(ip, isPublic);
  }
  return isPublic;
}

function judgeAddress(ip: string): boolean {
  if (isIPv4(ip)) return !special.check(ip, "ipv4");
  // A BlockList answers false to an address with a zone, whatever its range.
  if (!isIPv6(ip) || ip.includes("%")) return false;
  return reachableV6.check(ip, "ipv6") && !special.check(ip, "ipv6");
}

/** True for `localhost`, `*.localhost` (RFC 6761), 127.0.0.0/8 and ::1. Takes a URL's hostname or an address. */
export function isLoopbackHost(hostname: string): boolean {
  const bare = hostname.startsWith("[") && hostname.endsWith("]") ? hostname.slice(1, -1) : hostname;
  const family = isIP(bare);
  if (family === 4) return bare.startsWith("127.");
  if (family === 6) return !bare.includes("%") && loopbackV6.check(bare, "ipv6");
  const name = bare.toLowerCase().replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost");
}

/** True for an address that leads to whichever machine dials it: loopback, and the unspecified ones (RFC 1122 §3.2.1.3). */
export function isOwnMachine(ip: string): boolean {
  return isLoopbackHost(ip) || (isIP(ip) !== 0 && unspecified.check(ip, isIPv4(ip) ? "ipv4" : "ipv6"));
}
