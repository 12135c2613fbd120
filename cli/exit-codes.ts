/**
 * What the exit codes of the command mean, and which error ends with which.
 *
 * @module
 */

export const exitCodes = {
  done: 0,
  threw: 1,
  usage: 2,
  notGranted: 3,
  limit: 4,
  consentNeeded: 5,
  retryable: 6,
  io: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Shown by `run --help`, one line each. */
export const exitCodeTable: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.done, "done"],
  [exitCodes.threw, "the script threw, or could not be started"],
  [exitCodes.usage, "the command line is wrong, or a file named on it cannot be used"],
  [exitCodes.notGranted, "the script asked for something that was not granted"],
  [
    exitCodes.limit,
    "a limit was reached: memory, CPU, time, stack, result, log, pending calls, or it can never end",
  ],
  [exitCodes.consentNeeded, "a person must log in (HARN-OAU-002)"],
  [exitCodes.retryable, "it could not be done now; the same command may work later"],
  [exitCodes.interrupted, "Ctrl-C"],
];

/** Shown by `redact --help`, one line each. */
export const redactExitCodeTable: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.done, "done; with --scan: nothing was found"],
  [exitCodes.threw, "with --scan: something was found"],
  [exitCodes.usage, "the command line is wrong, or a file named on it cannot be used; nothing was read"],
  [exitCodes.io, "something could not be read or written; with --scan: and nothing was found in the rest"],
  [exitCodes.interrupted, "Ctrl-C"],
];

/** Shown by `store --help`, one line each. */
export const storeExitCodeTable: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.done, "done; doctor: nothing is wrong, though there may be warnings"],
  [exitCodes.threw, "it could not be done; doctor: something is wrong"],
  [exitCodes.usage, "the command line is wrong, or a key is not where it says"],
  [exitCodes.retryable, "it could not be done now; the same command may work later"],
];

const byCode: Readonly<Record<string, ExitCode>> = {
  "HARN-RUN-001": exitCodes.limit,
  "HARN-RUN-002": exitCodes.limit,
  "HARN-RUN-003": exitCodes.limit,
  "HARN-RUN-004": exitCodes.limit,
  "HARN-RUN-005": exitCodes.limit,
  "HARN-RUN-006": exitCodes.limit,
  "HARN-RUN-007": exitCodes.limit,
  "HARN-RUN-008": exitCodes.limit,
  "HARN-RUN-009": exitCodes.interrupted,
  "HARN-RUN-010": exitCodes.notGranted,
  "HARN-OAU-009": exitCodes.notGranted,
  "HARN-OAU-002": exitCodes.consentNeeded,
};

/** The exit code for a failed run. */
export function exitCodeOf(error: { readonly code: string | null; readonly retryable: boolean }): ExitCode {
  const known = error.code === null || !Object.hasOwn(byCode, error.code) ? undefined : byCode[error.code];
  return known ?? (error.retryable ? exitCodes.retryable : exitCodes.threw);
}
