/**
 * What a mode is: a way to run a case's program.
 *
 * @module
 */

import type { CaseFile, ModeName } from "./case-format.ts";
import type { Compiled } from "./compile.ts";
import { errorOf } from "./guest/interpret.ts";
import type { Network } from "./network/network.ts";
import type { InnerTrace } from "./program.ts";
import type { ScriptCase } from "./script-case.ts";
import type { Trace } from "./trace.ts";

export interface Mode {
  readonly name: ModeName;
  /** Runs a data case. A run that could not be made is a trace too: `inner.unprepared`. */
  run(file: CaseFile, compiled: Compiled): Promise<Trace>;
  /** Runs a script case and answers what its default function does, or throws what it throws. Null: not in this mode. */
  readonly runScript: ((script: ScriptCase) => Promise<unknown>) | null;
  close(): Promise<void>;
}

/** The network of the attack rows, opened at the first; null for a case that needs none. */
export type NetworkSource = (compiled: Compiled) => Promise<Network | null>;

/** How long a case may take, in real milliseconds. */
export const caseTimeoutMs = 10_000;

/** The answer of `work`, or an error when it does not end. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the case did not end within ${caseTimeoutMs} ms`)),
      caseTimeoutMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The trace of a run that ended before its first step. */
export function neverRan(error: unknown): InnerTrace {
  return { unprepared: errorOf(error), steps: [], values: {}, calls: {}, storage: {}, audit: [] };
}

/** The std modules that a program calls, by the last part of their name. */
export function modulesNamed(compiled: Compiled): readonly string[] {
  const { program } = compiled;
  const names = new Set(
    [...JSON.stringify(program).matchAll(/"call":"([a-z_]+)\./g)].map(([, name]) => name ?? ""),
  );
  if (program.audit || program.patterns.length > 0) names.add("redaction");
  return [...names];
}

const plainStd: ReadonlySet<string> = new Set([
  "http",
  "env",
  "log",
  "events",
  "time",
  "json",
  "crypto",
  "url",
  "testing",
]);

/** The specifier of a module: `client` is `std/oauth/client`, `http` is `std/http`. */
export function specifierOf(name: string): string {
  return plainStd.has(name) ? `std/${name}` : `std/oauth/${name}`;
}
