/**
 * Faults of the device flow, and of what is shown and written.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const oauth = "stdlib/oauth";

export const shownMutants: readonly Mutant[] = [
  {
    name: "polls a device code for as long as the provider says",
    file: `${oauth}/device-authorization.js`,
    find: "lifetime: Math.min(lifetime, deviceLimits.longestLifetime),",
    replace: "lifetime,",
  },
  {
    name: "waits as long between polls as the provider says",
    file: `${oauth}/device-authorization.js`,
    find: "Math.min(Math.max(interval, deviceLimits.shortestInterval), deviceLimits.longestInterval)",
    replace: "interval",
  },
  {
    name: "does not back off when polls are lost",
    file: `${oauth}/device-flow.js`,
    find: "interval * 2 ** failures",
    replace: "interval",
  },
  {
    name: "stops the device flow at the first lost poll",
    file: `${oauth}/device-flow.js`,
    find: "if (result.error.retryable)",
    replace: "if (false)",
  },
  {
    name: "does not tell the redactor of the device code",
    file: `${oauth}/device-flow.js`,
    find: 'ports.redactor.register(response.authorization.device_code, "device_code");',
    replace: "",
  },
  {
    name: "lets long texts through unscanned",
    file: `${oauth}/redaction/engine.js`,
    find: "if (clean === text?.length)",
    replace: "if (clean === text?.length || text.length > 262144)",
  },
  {
    name: "does not look into URLs",
    file: `${oauth}/redaction/rules.js`,
    find: "...at(userinfoLiterals, userinfoRule(namedRank)),",
    replace: "",
  },
  {
    name: "hands an echoed token to the script",
    file: `${oauth}/redaction/engine.js`,
    find: "maskKnown(text, carried) {",
    replace: "maskKnown(text, carried) { return text;",
  },
  {
    name: "counts one match per call",
    file: `${oauth}/redaction/tally.js`,
    find: "count.match_count += matches;",
    replace: "",
  },
  {
    name: "writes events as they are",
    file: "runtime/host/event-log.js",
    find: "redactDraft(judgeDraft(topic, kind, payload, headers), redactor)",
    replace: "redactDraft(judgeDraft(topic, kind, payload, headers), null)",
  },
  {
    name: "lets scripts write the client's audit events",
    file: "runtime/std/events.js",
    find: "if (/^(?:oauth|audit|runtime)\\./.test(name))",
    replace: "if (false)",
  },
];
