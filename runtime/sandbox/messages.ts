/**
 * What the main thread and a worker say to each other, and the words of memory that they share.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";

/** Given to a thread at its start. */
export interface ThreadData {
  /** The engine, compiled. */
  readonly code: WebAssembly.Module;
  readonly shared: SharedArrayBuffer;
  /** Answers to plain calls come here. */
  readonly plainPort: MessagePort;
}

/** Given to a thread once, before its first run. */
export interface WorkerSetup {
  /** Which engine it is, as {@link ThreadData} has it: a hash. */
  readonly engine: string;
  /** Sources of the std modules by specifier. */
  readonly stdSources: ReadonlyMap<string, string>;
  /** Bytes. */
  readonly memory: number;
  /** Bytes. */
  readonly stack: number;
  /** The thread ends after one run, so it makes no second sandbox. */
  readonly once: boolean;
}

/** Main thread to worker. */
export type ToWorker =
  | { readonly type: "setup"; readonly setup: WorkerSetup }
  | {
      readonly type: "run";
      /** Whose script it is. */
      readonly tenant: string;
      /** Resolved name of the pipeline's main module. */
      readonly main: string;
      /** The pipeline's own modules by resolved name. */
      readonly sources: ReadonlyMap<string, string>;
      /** The arguments, encoded, as JSON text. */
      readonly args: string;
      /** Milliseconds. */
      readonly cpu: number;
      readonly pendingCalls: number;
    }
  /** A JSON list of answers and callback invocations; `settled` of them are answers. */
  | { readonly type: "deliver"; readonly text: string; readonly settled: number; readonly invoked: number }
  | { readonly type: "stop" };

/** Characters from which on a worker says that it took a delivery. */
export const largeDelivery: number = 64 * 1024;

/** Worker to main thread. */
export type FromWorker =
  | { readonly type: "ready" }
  /** Calls, answers of callbacks, the result or the failure: the door's JSON texts, in the order in which they were said. */
  | { readonly type: "door"; readonly texts: readonly string[] }
  | { readonly type: "plain"; readonly text: string }
  /** A delivery of {@link largeDelivery} characters or more is out of the queue. */
  | { readonly type: "taken"; readonly length: number }
  | {
      readonly type: "over";
      readonly reason: OverReason;
      /** Milliseconds. */
      readonly cpu: number;
      /** Bytes. */
      readonly memory: number;
      /** How long the run's sandbox took to make. */
      readonly freshMicroseconds: number;
      /** The next sandbox stands ready; if not, `ready` follows. */
      readonly ready: boolean;
      /** What the guest said last, as in `door`. */
      readonly texts: readonly string[];
    };

/** Why a worker ended a run: the script settled, a limit fired, it was told to stop, or nothing can settle it any more. */
export type OverReason = "settled" | "cpu" | "stopped" | "stuck" | "memory" | "stack" | "engine";

/** Indexes of 32-bit words in the shared memory. */
export const word = {
  /** Set to 1 and notified when the answer of a plain call is on its port. */
  answered: 0,
  /** Set to 1 to make guest code stop. */
  stop: 1,
  /** 1 while guest code runs. */
  busy: 2,
} as const;

/** Indexes of 64-bit floats, behind the words. Times are those of {@link sharedNow}. */
export const figure = {
  /** When the slice of guest code that is running began. */
  sliceStart: 2,
  /** CPU milliseconds of earlier slices, and of the host in plain calls. */
  cpuUsed: 3,
  /** Characters of the run's calls that were answered. Only the main thread writes it. */
  answered: 4,
} as const;

/** Cap of one message of the guest other than its result, in UTF-16 units. */
export const maxMessage: number = 8 * 1024 * 1024;

/** Characters of the calls of one run that may be unanswered at the same time. */
export const mostPendingCharacters: number = 64 * 1024 * 1024;

/** Bytes of shared memory that a worker needs. */
export const sharedBytes = 64;

/**
 * The same clock in every thread: ms from some moment on, monotonic. `performance.now()` counts from each thread's start, and
 * is loaded when it is first asked for, which takes longer than a short script.
 */
export function sharedNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / 1_000_000;
}

/** What the guest's loader says of a module that a script cannot have. */
export const moduleRefused = "this module is not available to scripts";

/** What the engine's memory has at the start, in bytes. */
export const initialMemory: number = 256 * 65_536;
