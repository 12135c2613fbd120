/**
 * The ports of one run: the runtime's ports, narrowed to what the run was granted.
 *
 * @module
 */

import { capabilityInfo } from "../host/capability-info.ts";
import type { Egress } from "../host/egress.ts";
import type { EventLog } from "../host/event-log.ts";
import { createInFlight } from "../host/in-flight.ts";
import { RunError } from "../host/run-error.ts";
import type { Sealer } from "../host/seal.ts";
import { createTestingWorld, type TestingWorld } from "../host/testing-world.ts";
import type {
  Clock,
  Events,
  Http,
  HttpFailureKind,
  Log,
  Ports,
  Random,
  Redactor,
  Testing,
} from "../ports.ts";
import type { GrantSet } from "./grants.ts";

/** An environment value that scripts get sealed: it can be sent to these origins and nowhere else. */
export interface SecretValue {
  readonly secret: string;
  readonly origins: readonly string[];
}

export type Environment = Readonly<Record<string, string | SecretValue | undefined>>;

/** Operations by name; what one answers goes to the std function that called it. Each checks its parameter itself. */
export type Capability = Readonly<Record<string, (params: never) => unknown>>;

/** What every run of a runtime shares. */
export interface Shared {
  readonly clock: Clock;
  readonly random: Random;
  readonly egress: Egress;
  readonly sealer: Sealer;
  readonly eventLog: EventLog;
  readonly redactor: Redactor | null;
  readonly env: Environment;
  readonly capabilities: Readonly<Record<string, Capability>>;
  /** Registers work that outlives runs. */
  readonly outlive: (work: Promise<unknown>) => void;
}

/** What is this run's own. */
export interface Identity {
  readonly id: string;
  readonly script: string;
  readonly grants: GrantSet;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** A fork of the runtime's redactor, or one that changes nothing. */
  readonly redactor: Redactor;
  /** Stands in for clock, network and capabilities; left out, a run that was granted `testing` gets a new one. */
  readonly world?: TestingWorld;
}

/** Builds the ports of one run. */
export function runPorts(shared: Shared, run: Identity): Ports {
  const { grants } = run;
  const events = shared.eventLog.forRun({
    run: run.id,
    script: run.script,
    redactor: shared.redactor ? run.redactor : null,
  });
  const seal = shared.sealer.forRun({ passThrough: grants.reveal, redactor: run.redactor });
  const world = run.world ?? (grants.testing ? createTestingWorld({ clock: shared.clock }) : null);
  const real = (egress: Egress): Http =>
    egress.http({
      policy: grants.net,
      seal,
      inFlight: createInFlight(),
      onRefused: (refusal) => destinationRefused(events, refusal.kind, refusal.origin),
      onSealedElsewhere: (where, origin) =>
        void events.emit("runtime.audit", "sealed_token_elsewhere", { where, origin }),
    });
  const http = world === null ? real(shared.egress) : world.egress ? real(world.egress) : world.http;
  const testing: Testing | null = grants.testing ? (world?.testing ?? null) : null;
  return {
    http,
    clock: world?.clock ?? shared.clock,
    random: shared.random,
    events,
    redactor: run.redactor,
    seal,
    log: run.log,
    testing,
    run: {
      id: run.id,
      script: run.script,
      signal: run.signal,
      trusted: false,
      reveal: grants.reveal,
      allowsNet: (url) => grants.net.allows(new URL(url)),
      entrusts: (url) => grants.net.entrusts(new URL(url)),
      storagePath: (path) => grants.storagePath(path),
      outlive: shared.outlive,
    },
    env(name) {
      if (!grants.env(name)) {
        throw new RunError("HARN-RUN-010", `std/env: the script may not read ${name}`, {
          hint: `Add --allow-env=${name}`,
        });
      }
      const value = Object.hasOwn(shared.env, name) ? shared.env[name] : undefined;
      if (value === undefined) return null;
      if (typeof value === "string") return value;
      return seal.conceal(value.secret, {
        kind: "env",
        provider: "",
        issuer: null,
        key: name,
        origins: value.origins,
      });
    },
    async capability(name, operation, params) {
      if (!grants.capability(name)) {
        throw new RunError("HARN-RUN-010", `the script may not use the capability ${name}`, {
          hint: `Add --allow-capability=${name}`,
        });
      }
      if (world) return await world.capability(name, operation, params);
      const capability = Object.hasOwn(shared.capabilities, name) ? shared.capabilities[name] : undefined;
      const body = capability && Object.hasOwn(capability, operation) ? capability[operation] : undefined;
      if (!body) {
        throw new RunError("HARN-RUN-010", `the host gives no ${name}.${operation}`, {
          hint: "The embedder adds it with the option capabilities of createRuntime.",
        });
      }
      return await body(params as never);
    },
    capabilityInfo(name) {
      if (!grants.capability(name)) return null;
      if (world) return world.capabilityInfo(name);
      return capabilityInfo(Object.hasOwn(shared.capabilities, name) ? shared.capabilities[name] : undefined);
    },
  };
}

function destinationRefused(events: Events, kind: HttpFailureKind, origin: string): void {
  events.emit("runtime.audit", "destination_refused", { reason: kind, origin });
}

/** For a runtime without a plugin that redacts: nothing is changed, and nothing may be persisted. */
export function noRedactor(): Redactor {
  const self: Redactor = {
    redact: (text) => text,
    redactValue: (value) => value,
    maskKnown: (text) => text,
    register: () => () => {},
    fork: () => self,
    onAudit: () => () => {},
    holdsValues: false,
    release: () => {},
  };
  return self;
}
