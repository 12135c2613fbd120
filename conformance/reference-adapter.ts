/**
 * The reference adapter: serves our own host functions over the adapter protocol on standard input and output.
 *
 *     holdfast conformance --mode adapter --adapter "node …/conformance/reference-adapter.js"
 *
 * @module
 */

import { HttpFailureError } from "../runtime/host/http-failure.ts";
import type { Clock, Http, HttpFailureKind, HttpResponse, LogEvent } from "../runtime/ports.ts";
import type { OAuth } from "../stdlib/oauth/node.ts";
import { logsIn, modulesOf, openWorld } from "./host-mode.ts";
import { linePeer } from "./line-peer.ts";
import type { CaseFile } from "./case-format.ts";

/** The suite's time: it comes with every line, and nothing else moves it. */
let now = 0;
let current: { readonly own: OAuth; readonly events: readonly LogEvent[] } | null = null;

const peer = linePeer({
  input: process.stdin,
  output: process.stdout,
  answer,
  now: null,
  onNow: (ms) => {
    now = ms;
  },
});

const clock: Clock = {
  now: () => now,
  monotonic: () => now,
  async sleep(ms) {
    await peer.call("world.sleep", ms);
  },
};

const http: Http = {
  async send(given) {
    // A signal cannot cross.
    const { signal: _signal, ...request } = given;
    try {
      const { status, headers, body } = (await peer.call("world.http", request)) as HttpResponse;
      return { status, headers, body };
    } catch (error) {
      const { kind } = error as { readonly kind?: HttpFailureKind };
      throw kind === undefined ? error : new HttpFailureError(kind);
    }
  },
};

async function answer(call: string, args: readonly unknown[]): Promise<unknown> {
  if (call === "case.begin") {
    const { env, capabilities } = args[0] as {
      readonly env: NonNullable<NonNullable<CaseFile["given"]>["env"]>;
      readonly capabilities: readonly string[];
    };
    const given = { env, capabilities: Object.fromEntries(capabilities.map((name) => [name, null])) };
    const capability = async (name: string, operation: string, params: unknown): Promise<unknown> =>
      await peer.call("world.capability", name, operation, params);
    current = openWorld({ clock, http, capability }, given);
    return null;
  }
  if (current === null) throw new TypeError("no case has begun");
  const { own, events } = current;
  if (call === "case.end") {
    current = null;
    peer.forget();
    const told = events.filter(({ topic }) => topic !== "runtime.log");
    const ended = {
      events: told.map(({ topic, kind, payload, headers }) => ({ topic, kind, payload, headers })),
      logs: logsIn(events),
    };
    // A lock hook that never answers keeps its refresh waiting for a minute.
    await Promise.race([own.close(), new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
    return ended;
  }
  const [module = "", name = ""] = call.split(".");
  const found = modulesOf(own, { testing: null })[module]?.[name];
  if (typeof found !== "function") throw new TypeError(`there is no function ${call}`);
  return await found(...args);
}
