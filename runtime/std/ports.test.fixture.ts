/**
 * Ports for the tests of the std modules: those of plain Node code, with the pieces that a test replaces.
 *
 * @module
 */

import { createNodePorts } from "../host/node-ports.ts";
import type { Ports, Redactor, Run } from "../ports.ts";

/** A redactor that knows exactly the values it was told. */
export function knownValues(...values: readonly string[]): Redactor {
  const known = new Set(values);
  const mask = (text: string): string => {
    let masked = text;
    for (const value of known) masked = masked.replaceAll(value, `<redacted:test:${value.length}>`);
    return masked;
  };
  const self: Redactor = {
    redact: mask,
    redactValue: (value) => JSON.parse(mask(JSON.stringify(value ?? null))),
    maskKnown: mask,
    register(value) {
      known.add(value);
      return () => known.delete(value);
    },
    holdsValues: false,
    fork: () => self,
    onAudit: () => () => {},
    release: () => {},
  };
  return self;
}

/** Ports of an untrusted run without `reveal`, on the real clock, network and random source. */
export function testPorts(
  replaced: Partial<Omit<Ports, "run">> & { run?: Partial<Run>; variables?: Record<string, string> } = {},
): Ports {
  const { run, variables = {}, ...rest } = replaced;
  const ports = createNodePorts({ redactor: rest.redactor ?? knownValues(), env: variables });
  return { ...ports, ...rest, run: { ...ports.run, trusted: false, reveal: false, ...run } };
}

/** Calls a function with arguments of any type, as a script can. */
export function loose(fn: unknown): (...args: unknown[]) => unknown {
  return fn as (...args: unknown[]) => unknown;
}
