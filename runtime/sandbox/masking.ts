/**
 * Masks known token values in what the guest is told. Strings and the names of data members are masked; the encoding
 * around them stays whole, whatever the values are: a script can make any text a known value by storing it as a token.
 *
 * @module
 */

/** The JSON text of an answer, masked. `parts` are its members that hold encoded values; all others are ours. */
export function maskedJson(answer: Answer, mask: (text: string) => string): string {
  const text = JSON.stringify(answer);
  if (mask(text) === text) return text;
  const { v, args, e, ...rest } = answer;
  return JSON.stringify({
    ...rest,
    ...(v === undefined ? {} : { v: maskedWire(v, mask) }),
    ...(args === undefined ? {} : { args: maskedWire(args, mask) }),
    ...(e === undefined ? {} : { e: maskedError(e, mask) }),
  });
}

/** What the guest is told: an answer with a value or an error, or the call of a callback with its arguments. */
export interface Answer {
  readonly k?: "ok" | "err" | "invoke";
  readonly id?: number;
  readonly fn?: number;
  readonly v?: unknown;
  readonly args?: unknown;
  readonly e?: AnswerError;
}

/** The name and the code are ours. */
export interface AnswerError {
  readonly name: string;
  readonly message: string;
  /** Only for what the script's own function threw. */
  readonly stack?: string;
  readonly code?: string;
  readonly retryable?: boolean;
  readonly hint?: string;
  readonly details?: unknown;
}

function maskedError(error: AnswerError, mask: (text: string) => string): AnswerError {
  return {
    ...error,
    message: mask(error.message),
    ...(error.stack === undefined ? {} : { stack: mask(error.stack) }),
    ...(error.hint === undefined ? {} : { hint: mask(error.hint) }),
    ...(error.details === undefined ? {} : { details: maskedWire(error.details, mask) }),
  };
}

/** An encoded value (see `wire.ts`), masked. Bytes are searched as Latin-1. */
function maskedWire(wire: unknown, mask: (text: string) => string): unknown {
  if (typeof wire === "string") return mask(wire);
  if (typeof wire !== "object" || wire === null) return wire;
  if (Array.isArray(wire)) return wire.map((item) => maskedWire(item, mask));
  const members = wire as Readonly<Record<string, unknown>>;
  if (!Object.hasOwn(members, "$")) return maskedMembers(members, mask);
  switch (members["$"]) {
    case "bytes":
      return { $: "bytes", v: maskedBytes(String(members["v"]), mask) };
    case "object":
      return { $: "object", v: maskedMembers(members["v"] as Readonly<Record<string, unknown>>, mask) };
    case "host":
      return { ...members, data: maskedMembers(members["data"] as Readonly<Record<string, unknown>>, mask) };
    default:
      return members;
  }
}

function maskedMembers(
  members: Readonly<Record<string, unknown>>,
  mask: (text: string) => string,
): Record<string, unknown> {
  const masked: Record<string, unknown> = Object.create(null);
  for (const [name, member] of Object.entries(members)) masked[mask(name)] = maskedWire(member, mask);
  return masked;
}

function maskedBytes(encoded: string, mask: (text: string) => string): string {
  const latin = Buffer.from(encoded, "base64url").toString("latin1");
  const masked = mask(latin);
  return masked === latin ? encoded : Buffer.from(masked, "latin1").toString("base64url");
}
