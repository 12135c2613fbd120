/**
 * What an event may hold, and the one way of its content through the redactor.
 *
 * @module
 */

import type { EventSink, Json, Redactor } from "../ports.ts";
import { copyJson } from "./json-value.ts";
import { systemRandom } from "./random.ts";
import { RunError } from "./run-error.ts";

const longestName = 200;
const longestContent = 64 * 1024;

/** An event before it has an id. */
export interface EventDraft {
  readonly topic: string;
  readonly kind: string;
  readonly payload: Json;
  readonly headers: Readonly<Record<string, string>>;
  /** Characters of payload and headers. */
  readonly size: number;
}

/** The draft, strictly copied. @throws HARN-RUN-015 when a part is not what an event can hold. */
export function judgeDraft(topic: unknown, kind: unknown, payload: unknown, headers?: unknown): EventDraft {
  if (!isName(topic) || !isName(kind))
    throw new RunError("HARN-RUN-015", "An event's topic and kind must be text of 1 to 200 characters.");
  const copied = copyJson(payload);
  if (copied === undefined) throw new RunError("HARN-RUN-015", "An event's payload must be JSON.");
  const fields = copyJson(headers ?? {});
  if (!isTextRecord(fields)) throw new RunError("HARN-RUN-015", "An event's headers must be text by name.");
  const size = JSON.stringify(copied).length + JSON.stringify(fields).length;
  if (size > longestContent)
    throw new RunError("HARN-RUN-015", "An event's payload and headers may not be over 65,536 characters.");
  return { topic, kind, payload: copied, headers: fields, size };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= longestName;
}

function isTextRecord(value: Json | undefined): value is Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((member) => typeof member === "string");
}

/** The one way of an event's content to memory and sinks. */
export function redactDraft(draft: EventDraft, redactor: Redactor | null): EventDraft {
  if (redactor === null) return draft;
  return {
    size: draft.size,
    topic: redactor.redact(draft.topic),
    kind: redactor.redact(draft.kind),
    payload: copyJson(redactor.redactValue(draft.payload)) ?? null,
    headers: redactor.redactValue(draft.headers) as Readonly<Record<string, string>>,
  };
}

/**
 * Why a sink may not be used, or null: it persists and nothing redacts, or a synthetic token comes out of the redaction
 * that its events will pass.
 */
export function judgeSink(sink: EventSink, redactor: Redactor | null): RunError | null {
  if (redactor === null) {
    if (!sink.persists) return null;
    return new RunError(
      "HARN-RUN-010",
      `The event sink "${sink.name}" is refused: nothing redacts its events.`,
      {
        hint: "Add the oauth() plugin from holdfast/oauth, which brings the redactor.",
      },
    );
  }
  // One that only its shape gives away, built from parts, and one that only its value does.
  const shaped = ["gh", "p_", ...canary(36)].join("");
  const opaque = canary(24).join("");
  const probe = redactor.fork();
  const forget = probe.register(opaque, "canary");
  try {
    const draft = judgeDraft(
      "runtime.canary",
      "canary",
      { text: `token ${shaped}`, other: `value ${opaque}` },
      { text: shaped, other: opaque },
    );
    const out = JSON.stringify(redactDraft(draft, probe));
    if (!out.includes(shaped) && !out.includes(opaque)) return null;
  } catch {
    // A redactor that fails is no redactor.
  } finally {
    forget();
    probe.release();
  }
  return new RunError(
    "HARN-RUN-010",
    `The event sink "${sink.name}" is refused: the redactor lets a token through.`,
    {
      hint: "Check the redactor of the runtime's plugin.",
    },
  );
}

/** Random letters and digits: no redactor can know them but by what they are. */
function canary(length: number): readonly string[] {
  const characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return Array.from(systemRandom().bytes(length), (byte) => characters.charAt(byte % characters.length));
}
