/**
 * What a case comes to when its shorthands are spelt out (`compile.ts`), and what running it leaves behind. Both are
 * plain data: a program is run in the sandbox, in this process, or against another one, always by `guest/interpret.ts`.
 *
 * @module
 */

import type { Json } from "../runtime/ports.ts";

export interface Program {
  /** Values that steps can name from the start. */
  readonly values: Readonly<Record<string, Json>>;
  readonly patterns: readonly { readonly name: string; readonly regex: string }[];
  readonly provider: ProgramCall;
  /** Null: the mode gives the storage. */
  readonly storage: ProgramCall | null;
  readonly client: ProgramCall | null;
  readonly stored: readonly { readonly key: string | null; readonly set: Json }[];
  readonly steps: readonly ProgramStep[];
  /** Keys whose entries are read at the end. */
  readonly read: readonly string[];
  /** Whether the redaction audit ring is drained at the end. */
  readonly audit: boolean;
}

export interface ProgramCall {
  /** `module.function`. */
  readonly call: string;
  readonly args: readonly Json[];
}

export interface ProgramStep {
  /** `module.function`, or `method` of `on`; empty for none. */
  readonly call: string;
  readonly on: string;
  readonly args: readonly Json[];
  readonly as: string | null;
  readonly mayThrow: boolean;
  /** Seconds. */
  readonly advance: number;
  readonly times: number;
  readonly parallel: readonly ProgramStep[];
}

/** What a thrown error says about itself. */
export interface ThrownError {
  readonly name: string;
  readonly code: string | null;
  readonly message: string;
  readonly retryable: boolean;
  readonly hint: string | null;
  readonly details: unknown;
}

export type Outcome = { readonly value: unknown } | { readonly error: ThrownError };

/** What became of a step: an outcome for each time it ran, or what became of its parts. */
export interface StepTrace {
  readonly runs: readonly Outcome[];
  readonly parts: readonly StepTrace[];
}

/** What a run of a program leaves, seen from inside. */
export interface InnerTrace {
  /** What failed before the first step. */
  readonly unprepared: ThrownError | null;
  /** As many as were reached. */
  readonly steps: readonly StepTrace[];
  readonly values: Readonly<Record<string, unknown>>;
  readonly calls: Readonly<Record<string, readonly unknown[]>>;
  readonly storage: Readonly<Record<string, unknown>>;
  readonly audit: readonly unknown[];
}
