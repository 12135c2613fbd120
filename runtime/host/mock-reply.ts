/**
 * What a test may script as an answer, and for which URLs.
 *
 * @module
 */

import { copyJson } from "./json-value.ts";
import { RunError } from "./run-error.ts";

/** One scripted answer, ready to be given. */
export interface MockReply {
  readonly fault: "reset" | "timeout" | null;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const members: ReadonlySet<string> = new Set(["status", "headers", "body", "json", "fault"]);

/**
 * One reply or a list of them: `{status = 200, headers?, body? | json?}` or `{fault: "reset" | "timeout"}`. A body that
 * parses as JSON gets `content-type: application/json` when no content type is given.
 * @throws HARN-RUN-015 for anything else.
 */
export function judgeReplies(reply: unknown): readonly MockReply[] {
  const list: readonly unknown[] = Array.isArray(reply) ? reply : [reply];
  if (list.length === 0) throw invalid("A list of mock replies may not be empty.");
  return list.map(judgeReply);
}

function judgeReply(reply: unknown): MockReply {
  if (typeof reply !== "object" || reply === null || Array.isArray(reply))
    throw invalid("A mock reply is an object.");
  const given = reply as Record<string, unknown>;
  if (Object.keys(given).some((name) => !members.has(name)))
    throw invalid("A mock reply has only status, headers, body, json and fault.");
  const { status = 200, fault = null, headers, body, json } = given;
  if (fault !== null && fault !== "reset" && fault !== "timeout")
    throw invalid("A fault is reset or timeout.");
  if (!isStatus(status)) throw invalid("A mock reply's status is a whole number from 200 to 599.");
  if (body !== undefined && json !== undefined) throw invalid("A mock reply has a body or json, not both.");
  const fields = judgeFields(headers);
  const bytes = json === undefined ? bytesOf(body) : bytesOf(jsonText(json));
  if (!Object.hasOwn(fields, "content-type") && parsesAsJson(bytes))
    fields["content-type"] = "application/json";
  return { fault, status, headers: fields, body: bytes };
}

function isStatus(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 200 && value <= 599;
}

function judgeFields(headers: unknown): Record<string, string> {
  const fields = Object.create(null) as Record<string, string>;
  if (headers === undefined || headers === null) return fields;
  if (typeof headers !== "object") throw invalid("A mock reply's headers are text by name.");
  for (const [name, value] of Object.entries(headers as Record<string, unknown>)) {
    if (typeof value !== "string") throw invalid("A mock reply's headers are text by name.");
    fields[name.toLowerCase()] = value;
  }
  return fields;
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array();
  if (typeof body === "string") return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body.slice();
  throw invalid("A mock reply's body is text; use json for other values.");
}

function jsonText(json: unknown): string {
  const copied = copyJson(json);
  if (copied === undefined) throw invalid("A mock reply's json must be JSON.");
  return JSON.stringify(copied);
}

function parsesAsJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** Tells whether a URL is the pattern, in which each `*` stands for any text. Linear: it never tries a split twice. */
export function globMatcher(pattern: string): (url: string) => boolean {
  const [start = "", ...rest] = pattern.split("*");
  const end = rest.pop();
  if (end === undefined) return (url) => url === pattern;
  return (url) => {
    if (!url.startsWith(start) || url.length < start.length + end.length || !url.endsWith(end)) return false;
    const last = url.length - end.length;
    let at = start.length;
    for (const part of rest) {
      const found = url.indexOf(part, at);
      if (found < 0 || found + part.length > last) return false;
      at = found + part.length;
    }
    return true;
  };
}

function invalid(message: string): RunError {
  return new RunError("HARN-RUN-015", message, { hint: "See std/testing in the manual." });
}
