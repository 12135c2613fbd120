/**
 * Ctrl-C.
 *
 * @module
 */

import { exitCodes } from "./exit-codes.ts";
import { note } from "./terminal.ts";

export interface Interrupt {
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  release(): void;
}

/** The first signal asks the run to end, and says so unless `quiet`; the second ends the process at once. */
export function interrupt({ quiet = false }: { readonly quiet?: boolean } = {}): Interrupt {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    if (!quiet) note("stopping; once more to stop at once");
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}

/** Resolves when the signal has aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/**
 * Ends the process as Ctrl-C does without us; a shell sees 130 too. For a process that hangs in a system call, as in opening a named
 * pipe that nobody writes to: an ordinary exit would wait for it. To be called when nothing listens any more.
 */
export function endBySignal(): void {
  process.kill(process.pid, "SIGINT");
}
