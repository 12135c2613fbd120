/**
 * What an event may hold, and the one way of its content through the redactor.
 *
 * @module
 */

import type { EventSink, Json, Redactor } from "../ports.ts";
import { copyJson } from "./json-value.ts";
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
  // Built from parts, and of a registered shape: a redactor that lets it through would let every token through.
  const canary = ["gh", "p_", "C4n4ry0f", "Th1sL0g", "Th4tN3v3r", "W4sAT0k3n"].join("");
  const probe = redactor.fork();
  const forget = probe.register(canary, "canary");
  try {
    const draft = judgeDraft("runtime.canary", "canary", { text: `token ${canary}` }, { text: canary });
    const out = JSON.stringify(redactDraft(draft, probe));
    if (!out.includes(canary)) return null;
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
