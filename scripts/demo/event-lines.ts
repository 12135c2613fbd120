/**
 * Events for a reader: one line each.
 *
 * @module
 */

import type { LogEvent } from "../../runtime/ports.ts";

/** Reads a file of JSON lines and answers its events, oldest first, as lines of text. */
export function eventLines(jsonl: string): string[] {
  const events = jsonl
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LogEvent)
    .sort((one, other) => one.at - other.at);
  return events.map((event) => {
    const time = new Date(event.at).toISOString().slice(11, 23);
    const script = event.actor.script.split("/").at(-1) ?? "";
    return `${time}  ${script.padEnd(16)} ${event.topic.padEnd(25)} ${event.kind.padEnd(18)} ${detail(event)}`.trimEnd();
  });
}

const shown = ["provider", "reason", "code", "remote", "pattern", "match_count"];

function detail({ payload }: LogEvent): string {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return "";
  return Object.entries(payload)
    .filter(([name, value]) => shown.includes(name) && value !== null)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}
