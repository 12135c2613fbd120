/**
 * Log objects: by field name, beside redaction by path.
 *
 * @module
 */

import { createRedactor } from "../../../stdlib/oauth/redaction/engine.ts";
import type { Bench } from "./bench.ts";
import { inUnit, measured, type Side } from "./cpu-time.ts";
import type { Beside, GoalRow } from "../goal-row.ts";
import { loaded } from "../peer.ts";

const calls = 1_000;
const paths = [
  "req.headers.authorization",
  "req.headers.cookie",
  "req.body.password",
  "req.body.token",
  "user.password",
  "user.api_key",
  "session.secret",
  "access_token",
];

type PathRedact = ((value: object) => unknown) & { readonly restore?: (value: object) => unknown };
interface PathRedactModule {
  default(options: { paths: readonly string[]; serialize?: false }): PathRedact;
}
interface Pino {
  default(
    options: { redact?: { paths: readonly string[] } },
    destination: { write(line: string): void },
  ): { info(value: object, message: string): void };
}

/** An object of about 480 bytes with two credentials. */
function logObject(): object {
  return {
    level: 30,
    time: 1_796_000_000_000,
    pid: 4_117,
    hostname: "worker-7.example.com",
    req: {
      id: "req-184",
      method: "POST",
      url: "/api/v1/issues?page=3&sort=updated",
      headers: {
        host: "api.example.com",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        accept: "application/json",
        authorization: "Bearer opaque-opaque-opaque",
        cookie: "theme=dark; session=opaque-opaque",
      },
    },
    res: { statusCode: 201, duration_ms: 31 },
    user: { id: 4_711, name: "Ada", email: "ada@example.com" },
    msg: "issue created in the tracker",
  };
}

/** The rows. */
export async function structuralRows({ budget }: Bench): Promise<readonly GoalRow[]> {
  const fast = await loaded<PathRedactModule>("fast-redact");
  const slow = await loaded<PathRedactModule>("@pinojs/redact");
  const pino = await loaded<Pino>("pino");
  const redactor = createRedactor();
  const value = logObject();
  const times = (name: string, call: () => unknown): Side => ({
    name,
    work: calls,
    pass: () => {
      for (let done = 0; done < calls; done++) call();
    },
  });
  const sink = { write: (line: string) => void line };
  const asObject = fast?.default({ paths, serialize: false });
  const asText = fast?.default({ paths });
  const slowText = slow?.default({ paths });
  const plainLog = pino?.default({}, sink);
  const log = pino?.default({ redact: { paths } }, sink);
  const objectPeers = {
    "fast-redact, 8 paths": asObject && (() => (asObject(value), asObject.restore?.(value))),
  };
  const textPeers: Record<string, (() => unknown) | undefined> = {
    "JSON.stringify": () => JSON.stringify(value),
    "fast-redact, 8 paths": asText && (() => asText(value)),
    "@pinojs/redact, 8 paths": slowText && (() => slowText(value)),
    "pino.info": plainLog && (() => plainLog.info(value, "done")),
    "pino.info, 8 paths": log && (() => log.info(value, "done")),
  };
  const all: readonly (readonly [name: string, call: () => unknown])[] = [
    ["ours", () => redactor.redactValue(value)],
    ["ours, text", () => JSON.stringify(redactor.redactValue(value))],
    ...Object.entries({ ...prefixed("object", objectPeers), ...prefixed("text", textPeers) }).flatMap(
      ([name, call]) => (call === undefined ? [] : [[name, call] as const]),
    ),
  ];
  const figures = new Map(
    (
      await measured(
        all.map(([name, call]) => times(name, call)),
        budget * 2,
      )
    ).map((figure, index) => [all[index]?.[0], inUnit(figure, (microseconds) => microseconds * 1_000)]),
  );
  const besides = (kind: string, peers: object): readonly Beside[] =>
    Object.keys(peers).map((name) => ({
      name,
      figure: figures.get(`${kind} ${name}`) ?? null,
      ...(name.includes("paths") && { note: "sees the named fields only, not what stands in texts" }),
    }));
  const size = JSON.stringify(value).length;
  return [
    {
      what: `log object of ${size} bytes, a redacted copy`,
      unit: "ns",
      goal: null,
      ours: figures.get("ours") ?? null,
      beside: besides("object", objectPeers),
      note: "two fields are redacted, and every string is looked through",
    },
    {
      what: `log object of ${size} bytes, as redacted JSON`,
      unit: "ns",
      goal: null,
      ours: figures.get("ours, text") ?? null,
      beside: besides("text", textPeers),
    },
  ];
}

function prefixed<T>(kind: string, given: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [`${kind} ${name}`, value]));
}
