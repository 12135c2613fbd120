/**
 * An internet of the attacker: real sockets on loopback, behind names and addresses of its own.
 *
 * @module
 */

import type { Lookup, NetworkAddress } from "../../runtime/host/egress.ts";
import type { Reply, TlsFault } from "../case-format.ts";

/** What one case wants of the network. */
export interface NetworkScript {
  readonly names: Readonly<Record<string, readonly string[] | readonly (readonly string[])[]>>;
  readonly tls: Readonly<Record<string, TlsFault>>;
  /** Called with each complete request; what it answers is played back. Null: a 502 with no body. */
  answer(request: WireRequest): Promise<WireReply | null>;
  /** True when a request to this URL's origin is to find no listener (`fault: "refuse"`). Asked before connecting. */
  refuses(address: string, port: number): boolean;
}

/** A request as its bytes said it. */
export interface WireRequest {
  readonly method: string;
  /** Scheme by the socket, host by the Host field, path as sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A reply whose body is made; the rest of `Reply` says how it goes over the wire. */
export interface WireReply {
  readonly status: number;
  /** Names and values, in order; repeated names stay. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  readonly play: Pick<
    Reply,
    "raw" | "coding" | "said_coding" | "fields" | "drip" | "trail" | "length" | "fault"
  >;
}

/** One connection, and everything that came over it. */
export interface Heard {
  /** As the client dialled it. */
  readonly address: string;
  readonly port: number;
  /** The name that TLS asked for, else the Host field of the first request, else null. */
  readonly host: string | null;
  readonly secure: boolean;
  /** True for what came to the attacker's proxy. */
  readonly proxy: boolean;
  /** What made the network cut it: more bytes than are kept, or a request that could not be answered. Else null. */
  readonly problem: string | null;
  /** How many bytes arrived so far, decrypted. */
  readonly size: number;
  /** All of them. */
  bytes(): Uint8Array;
}

export interface Network {
  /** PEM of the authority that all its good certificates come from. */
  readonly ca: string;
  /** `http://127.0.0.1:port` of the attacker's proxy: it takes CONNECT and plain requests, and is heard. */
  readonly proxy: string;
  readonly lookup: Lookup;
  /** Takes any address to one of the network's listeners. */
  readonly connectTo: (to: NetworkAddress) => NetworkAddress;
  /** Begins a case: forgets what was heard and closes every connection. */
  begin(script: NetworkScript): void;
  /** In the order in which they were opened. */
  readonly heard: readonly Heard[];
  /** Waits until what clients have sent by now is heard. */
  settle(): Promise<void>;
  close(): Promise<void>;
}
