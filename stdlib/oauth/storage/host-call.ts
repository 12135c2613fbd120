/**
 * Calls of a storage capability: the host's own code, which may fail, hang, or not be there.
 *
 * @module
 */

import type { Ports } from "../../../runtime/ports.ts";
import { OAuthError } from "../errors.ts";
import { storageError } from "./storage-fault.ts";

export interface HostCall<T> {
  readonly capability: "oauth_storage" | "secrets";
  readonly operation: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** How long the host may take, in ms. */
  readonly waitMs: number;
  /** Why the call failed when the host threw; default `host_failed`. */
  readonly fault?: "host_failed" | "lease_refused";
  /** Makes an answer of what the host threw; undefined when it is a failure after all. */
  readonly recover?: (error: unknown) => T | undefined;
  /** Gets an answer that came after the wait had ended. */
  readonly late?: (answer: unknown) => void;
}

/** How long the host may take for one operation, in ms. */
export const hostWaitMs = 60_000;

/**
 * Calls an operation and answers what the host answered, which nobody has judged yet.
 * @throws HARN-OAU-009 when the run was not granted the capability. HARN-OAU-010 when the host does not give the
 * operation (not retryable), does not answer in time, or throws: retryable, unless the host's error says
 * `retryable: false`. An OAuthError of the host is thrown on. What the host threw otherwise, or as its cause, stands in an event.
 */
export async function callHost<T = never>(ports: Ports, call: HostCall<T>): Promise<unknown> {
  const { capability, operation, params } = call;
  if (ports.capabilityInfo(capability) === null) throw notGranted(capability);
  try {
    return await inTime(ports.capability(capability, operation, params), call);
  } catch (error) {
    if (error instanceof OAuthError) {
      if (error.cause !== undefined) noteFailure(ports, call, error.cause);
      throw error;
    }
    const answer = call.recover?.(error);
    if (answer !== undefined) return answer;
    if (isMissing(error)) throw notAvailable(call);
    noteFailure(ports, call, error);
    const saysNever = (error as { readonly retryable?: unknown } | null)?.retryable === false;
    throw storageError(call.fault ?? "host_failed", !saysNever);
  }
}

async function inTime(answer: Promise<unknown>, call: HostCall<unknown>): Promise<unknown> {
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  answer.then(
    (value) => ended && call.late?.(value),
    () => {}, // A failure after the wait interests nobody.
  );
  // A real timer: a script's test clock must not end the wait for the host's real work.
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      ended = true;
      reject(storageError(call.fault === "lease_refused" ? "lock_timeout" : "host_slow"));
    }, call.waitMs);
  });
  try {
    return await Promise.race([answer, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

/** The host's operator learns what its code threw; the script does not. Redacted before it is cut, so that no token is cut in two. */
export function noteFailure(
  ports: Ports,
  { capability, operation }: Pick<HostCall<unknown>, "capability" | "operation">,
  thrown: unknown,
): void {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : "not an Error";
  const error = ports.redactor.redact(text).slice(0, 300);
  ports.events.emit("oauth.storage.audit", "capability_failed", { capability, operation, error });
}

/** What the capability port throws for an operation that the host does not give. */
function isMissing(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === "HARN-RUN-010";
}

function notGranted(capability: HostCall<unknown>["capability"]): OAuthError {
  return new OAuthError(
    "HARN-OAU-009",
    `std/oauth/storage: the run was not granted the capability ${capability}`,
    `Grant the run the capability ${capability}.`,
  );
}

/** The names are those of this library, not the script's. */
function notAvailable({ capability, operation }: HostCall<unknown>): OAuthError {
  return new OAuthError(
    "HARN-OAU-010",
    `std/oauth/storage: not available: the host gives no ${capability}.${operation}`,
    "The embedder adds it with the option capabilities of createRuntime.",
    { retryable: false },
  );
}
