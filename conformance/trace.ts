/**
 * Everything that is known of one run of a case: what it saw itself, and what its surroundings saw.
 *
 * @module
 */

import type { Usage } from "../runtime/index.ts";
import type { LogEvent } from "../runtime/ports.ts";
import type { ModeName } from "./case-format.ts";
import type { InnerTrace, Outcome } from "./program.ts";
import type { HeardBytes } from "./socket-transport.ts";
import type { SeenCapability, SeenRequest } from "./world-script.ts";

export interface LoggedLine {
  readonly level: string;
  readonly message: string;
}

export interface Trace {
  readonly mode: ModeName;
  /** Capsules in it are opened: they are `Sealed`. */
  readonly inner: InnerTrace;
  /** The same as it crossed, for the search for values that should have been sealed. */
  readonly crossed: string;
  /** Whether tokens are sealed in this run. */
  readonly sealed: boolean;
  readonly events: readonly Pick<LogEvent, "topic" | "kind" | "payload" | "headers">[];
  readonly logs: readonly LoggedLine[];
  readonly requests: readonly SeenRequest[];
  readonly capabilities: readonly SeenCapability[];
  readonly captured: Readonly<Record<string, unknown>>;
  /** The JWTs that replies held. */
  readonly signed: readonly string[];
  /** Seconds of virtual time. */
  readonly elapsed: number;
  /** What the servers of an attack row received. */
  readonly heard: readonly HeardBytes[];
  /** How the script of a script row ended. */
  readonly ended?: Outcome;
  /** What the run cost, in guest mode. */
  readonly usage?: Usage;
}
