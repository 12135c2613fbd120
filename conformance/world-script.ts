/**
 * What a case says of the world around it, and what the world saw. Types only.
 *
 * @module
 */

import type { EgressLimits } from "../runtime/host/egress.ts";
import type { Json } from "../runtime/ports.ts";
import type { Reply } from "./case-format.ts";
import type { NetworkScript } from "./network/network.ts";

/** A request that left, and what came back. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The status, the fault, or "unscripted". */
  readonly answer: string;
}

export interface SeenCapability {
  readonly operation: string;
  readonly params: Json;
}

/** A place of the network: `METHOD URL` with `*` globs, and what it answers. */
export interface ScriptedPlace {
  readonly method: string;
  readonly url: string;
  readonly replies: readonly Reply[];
}

export interface WorldScript {
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly places: readonly ScriptedPlace[];
  readonly capabilities: Readonly<Record<string, Json>>;
  /** Null: the network is scripted. */
  readonly sockets: SocketScript | null;
}

/** What an attack row says of its network, beside the replies. */
export interface SocketScript extends Pick<NetworkScript, "names" | "tls"> {
  readonly limits: Partial<EgressLimits>;
  /** Variables of the process; `$proxy` stands for the attacker's proxy. */
  readonly environment: Readonly<Record<string, string>>;
}
