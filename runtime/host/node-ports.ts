/**
 * The ports of plain Node code: no sandbox, no grants, nothing sealed.
 *
 * @module
 */

import { setMaxListeners } from "node:events";
import { resolve } from "node:path";
import type { Clock, Events, EventSink, Http, Ports, Random, Redactor, Seal } from "../ports.ts";
import { capabilityInfo } from "./capability-info.ts";
import { systemClock } from "./clock.ts";
import { createEgress, type EgressContext, type EgressOptions } from "./egress.ts";
import { createEventLog, type EventLog } from "./event-log.ts";
import { type NetPolicy, trustedPolicyNaming } from "./net-policy.ts";
import { systemRandom } from "./random.ts";
import { RunError } from "./run-error.ts";
import { createSealer } from "./seal.ts";

/** The operations of capabilities, by the capability's name. Each checks its parameter itself. */
export type Capabilities = Readonly<Record<string, Readonly<Record<string, (params: never) => unknown>>>>;

export interface NodePortsOptions {
  readonly redactor: Redactor;
  /** Keys of 32 bytes; they open capsules that a runtime with one of them made. Default: a random one. */
  readonly sealingKeys?: readonly Uint8Array[];
  readonly sinks?: readonly EventSink[];
  readonly clock?: Clock;
  readonly random?: Random;
  /** Replaces the real transport. */
  readonly http?: Http;
  /** How requests leave: resolver, proxy, certificates, limits. */
  readonly egress?: EgressOptions;
  /**
   * Hosts that a server's metadata may lead to although their addresses are private: `idp.internal`, `localhost:8080`. Hosts
   * that the code names itself need no entry.
   */
  readonly net?: readonly string[];
  /** Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly capabilities?: Capabilities;
}

export interface NodePorts extends Ports {
  readonly eventLog: EventLog;
  /** Waits for work that outlives its caller, then closes connections and sinks. */
  close(): Promise<void>;
}

/**
 * Ports for code that the embedder wrote itself, on the real clock, network and environment.
 * @throws HARN-RUN-010 when a sink is refused, HARN-RUN-015 for sealing keys that are none and for wrong egress options.
 */
export function createNodePorts(options: NodePortsOptions): NodePorts {
  const { redactor, capabilities = {} } = options;
  const clock = options.clock ?? systemClock();
  const random = options.random ?? systemRandom();
  const sealer = createSealer({
    random,
    ...(options.sealingKeys ? { sealingKeys: options.sealingKeys } : {}),
  });
  const seal = sealer.forRun({ passThrough: true, redactor });
  const eventLog = createEventLog({ clock, redactor, ...(options.sinks ? { sinks: options.sinks } : {}) });
  const id = `node-${Buffer.from(random.bytes(9)).toString("base64url")}`;
  const events = eventLog.forRun({ run: id, script: "node", redactor });
  const policy = trustedPolicyNaming(options.net ?? []);
  // Opens nothing until it is used.
  const egress = createEgress(options.egress);
  const ending = new AbortController();
  // Every call that is on its way listens; hundreds are no leak.
  setMaxListeners(0, ending.signal);
  const outliving = new Set<Promise<unknown>>();

  return {
    http: options.http ?? egress.http(audited(policy, seal, events)),
    clock,
    random,
    events,
    redactor,
    seal,
    run: {
      id,
      script: "node",
      signal: ending.signal,
      trusted: true,
      reveal: true,
      allowsNet: () => true,
      entrusts: () => true,
      storagePath: (path) => resolve(path),
      outlive(work) {
        const settled: Promise<unknown> = work.catch(() => {}).finally(() => outliving.delete(settled));
        outliving.add(settled);
      },
    },
    log: {
      write: (level, message, fields) => {
        events.emit("runtime.log", level, { message, ...(fields === undefined ? {} : { fields }) });
      },
    },
    testing: null,
    env: (name) => (options.env ?? process.env)[name] ?? null,
    async capability(name, operation, params) {
      const operations = Object.hasOwn(capabilities, name) ? capabilities[name] : undefined;
      const call = operations && Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (call !== undefined) return call(params as never);
      throw new RunError("HARN-RUN-010", `There is no capability ${name}.${operation}.`, {
        hint: "Give it in the capabilities option.",
      });
    },
    capabilityInfo: (name) =>
      capabilityInfo(Object.hasOwn(capabilities, name) ? capabilities[name] : undefined),
    eventLog,
    async close() {
      ending.abort(new RunError("HARN-RUN-009", "The ports are closed."));
      while (outliving.size > 0) await Promise.all(outliving);
      await egress.close();
      await eventLog.close();
    },
  };
}

/** What is refused leaves an event. */
function audited(policy: NetPolicy, seal: Seal, events: Events): EgressContext {
  return {
    policy,
    seal,
    onRefused: ({ kind, origin }) => {
      events.emit("runtime.audit", "destination_refused", { reason: kind, origin });
    },
    onSealedElsewhere: (where, origin) => {
      events.emit("runtime.audit", "sealed_token_elsewhere", { where, origin });
    },
  };
}
