/**
 * Ports for the tests of this folder: the system's clock and randomness, every path granted, and a choice of seals.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import type { Ports, Seal, SealBinding, SealFailure } from "../../../runtime/ports.ts";

/** Seals nothing, as for trusted code. */
export const openSeal: Seal = {
  conceal: (value) => value,
  open: (value) => ({ value, binding: null }),
};

/** A seal whose capsules are numbers in a table of its own; `host` names its key. */
export function tableSeal(host: string): Seal {
  const capsules: { readonly value: string; readonly binding: SealBinding }[] = [];
  return {
    conceal(value, binding) {
      const same = JSON.stringify([value, binding]);
      let number = capsules.findIndex((made) => JSON.stringify([made.value, made.binding]) === same);
      if (number < 0) number = capsules.push({ value, binding }) - 1;
      return `hfs1.${host}.${number}`;
    },
    open(text, expect = {}) {
      if (!text.startsWith("hfs1.")) return { value: text, binding: null };
      const [, from, number] = text.split(".");
      if (from !== host) throw failure("unknown_key");
      const capsule = capsules[Number(number)];
      if (!capsule) throw failure("altered");
      for (const [member, value] of Object.entries(expect)) {
        if (capsule.binding[member as keyof typeof expect] !== value) throw failure("binding");
      }
      return { value: capsule.value, binding: capsule.binding };
    },
  };
}

function failure(reason: SealFailure["reason"]): SealFailure {
  return Object.assign(new Error(reason), { name: "SealFailure" as const, reason });
}

function absent(): never {
  throw new Error("storage has no use for this port");
}

/** Ports that grant everything, with the given parts replaced. */
export function testPorts(parts: { readonly seal?: Seal; readonly run?: Partial<Ports["run"]> } = {}): Ports {
  return {
    http: { send: absent },
    clock: {
      now: () => Math.floor(performance.timeOrigin + performance.now()),
      monotonic: () => performance.now(),
      sleep: absent,
    },
    random: { bytes: (length) => new Uint8Array(randomBytes(length)) },
    events: { emit: absent, latest: absent, subscribe: absent },
    redactor: {
      redact: absent,
      redactValue: absent,
      maskKnown: absent,
      register: () => () => {},
      holdsValues: false,
      fork: absent,
      release: absent,
      onAudit: absent,
    },
    seal: parts.seal ?? openSeal,
    run: {
      id: "run-1",
      script: "test.ts",
      signal: new AbortController().signal,
      trusted: false,
      reveal: false,
      allowsNet: () => false,
      entrusts: () => false,
      storagePath: (path) => resolve(path),
      outlive: () => {},
      ...parts.run,
    },
    log: { write: absent },
    testing: null,
    env: absent,
    capability: absent,
    capabilityInfo: () => null,
  };
}
