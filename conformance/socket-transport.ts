/**
 * The network of an attack row: the real transport, and servers on real sockets that answer as the row says. Everything
 * that they receive is kept.
 *
 * @module
 */

import { createEgress, type Egress, type EgressOptions, type Lookup } from "../runtime/host/egress.ts";
import { trustedPolicy } from "../runtime/host/net-policy.ts";
import type { Clock, Http } from "../runtime/ports.ts";
import type { Network, WireReply, WireRequest } from "./network/network.ts";
import type { ScriptedReplies } from "./scripted-replies.ts";
import type { SeenRequest, SocketScript } from "./world-script.ts";

/** What one connection received; or, with port 0, a name that was looked up. */
export interface HeardBytes {
  /** As it was dialled. */
  readonly address: string;
  readonly port: number;
  /** Scheme, host and port as the client meant them; "proxy" for the attacker's proxy, "dns" for a lookup. */
  readonly origin: string;
  /** One character a byte. */
  readonly text: string;
  /** Why the network ended the connection by itself; null: it did not. */
  readonly problem: string | null;
}

export interface SocketTransport {
  readonly options: EgressOptions;
  readonly egress: Egress;
  /** For code that has no grants. */
  readonly http: Http;
  heard(): readonly HeardBytes[];
  /** Closes connections, and puts the environment back. */
  close(): Promise<void>;
}

interface Around {
  readonly replies: ScriptedReplies;
  readonly clock: Clock;
  readonly requests: SeenRequest[];
}

/** Begins the row on the network. */
export function socketTransport(network: Network, script: SocketScript, around: Around): SocketTransport {
  const { replies, clock, requests } = around;
  const hosts = new Map<string, Set<string>>();
  const names: string[] = [];

  const lookup: Lookup = async (name) => {
    names.push(name);
    const addresses = await network.lookup(name);
    for (const { address } of addresses) hosts.set(address, (hosts.get(address) ?? new Set()).add(name));
    return addresses;
  };

  async function answer(wire: WireRequest): Promise<WireReply | null> {
    const { method, headers, body } = wire;
    const seen = { method, url: wire.url, headers, body };
    const reply = replies.take(seen);
    requests.push({
      ...seen,
      answer: reply === null ? "unscripted" : (reply.fault ?? String(reply.status ?? 200)),
    });
    if (reply === null) return null;
    if (reply.delay !== undefined) await clock.sleep(reply.delay * 1000);
    const made = replies.answer(reply);
    // A connection that is kept would be used once more instead of refused.
    const last = replies.refusesNext(new URL(wire.url).hostname.replace(/^\[|\]$/g, ""));
    return {
      status: reply.status ?? 200,
      ...made,
      fields: last ? [...made.fields, ["connection", "close"]] : made.fields,
      play: reply,
    };
  }

  network.begin({
    names: script.names,
    tls: script.tls,
    answer,
    refuses: (address, port) =>
      [...(hosts.get(address) ?? []), address].some((host) => replies.takeRefusal(host, port)),
  });
  const options: EgressOptions = {
    lookup,
    connectTo: network.connectTo,
    ca: network.ca,
    limits: script.limits,
  };
  const egress = createEgress(options);
  const restore = setEnvironment(script.environment, network.proxy);
  return {
    options,
    egress,
    http: egress.http({ policy: trustedPolicy, seal: { open: (value) => ({ value, binding: null }) } }),
    heard: () => [
      ...network.heard.map(({ address, port, host, secure, proxy, bytes, problem }) => ({
        address,
        port,
        origin: proxy ? "proxy" : originOf(secure, host ?? address, port),
        text: Buffer.from(bytes()).toString("latin1"),
        problem,
      })),
      ...names.map((name) => ({ address: "", port: 0, origin: "dns", text: name, problem: null })),
    ],
    async close() {
      restore();
      await network.settle();
      await egress.close();
    },
  };
}

/** Sets variables of this process. Answers what takes them back. */
function setEnvironment(variables: Readonly<Record<string, string>>, proxy: string): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  for (const [name, value] of Object.entries(variables))
    process.env[name] = value.replaceAll("$proxy", proxy);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

function originOf(secure: boolean, host: string, port: number): string {
  const name = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host.replace(/:\d+$/, "");
  const usual = port === (secure ? 443 : 80) ? "" : `:${port}`;
  return `${secure ? "https" : "http"}://${name}${usual}`;
}
