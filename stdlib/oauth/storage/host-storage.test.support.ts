/**
 * What a host gives as `oauth_storage` and `secrets`, in memory, with every call written down.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Ports, Seal } from "../../../runtime/ports.ts";
import { testPorts } from "./ports.test.support.ts";

type Operation = (params: never) => unknown;
export type HostCapability = Record<string, Operation>;

export interface Called {
  readonly operation: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The capability with every call in `calls`. */
export function recorded<C extends HostCapability>(capability: C, calls: Called[]): C {
  const wrap = (operation: string, run: Operation): Operation =>
    async function recording(params: never): Promise<unknown> {
      calls.push({ operation, params: structuredClone(params) });
      return await run(params);
    };
  return Object.fromEntries(Object.entries(capability).map(([name, run]) => [name, wrap(name, run)])) as C;
}

interface Params {
  readonly scope: string;
  readonly key: string;
  readonly token: { readonly refresh_token?: string };
  readonly lock: unknown;
  readonly expected: { readonly refresh_hash: string | null };
}

/** The database behind a cloud storage: several hosts may stand over one. */
export class CloudDatabase {
  readonly rows: Map<string, string> = new Map<string, string>();
  readonly #waiting = new Map<string, (() => void)[]>();
  #leases = 0;

  /** A host's capability over this database: a new object each time. */
  host(more: { readonly compareAndSet?: boolean; readonly tokenWithLease?: boolean } = {}): HostCapability {
    const place = ({ scope, key }: Params): string => JSON.stringify([scope, key]);
    const stored = (params: Params): unknown => JSON.parse(this.rows.get(place(params)) ?? "null");
    const put = (params: Params): void => void this.rows.set(place(params), JSON.stringify(params.token));
    return {
      cloud_get: stored,
      cloud_set: put,
      cloud_delete: (params: Params) => void this.rows.delete(place(params)),
      cloud_acquire_refresh_lock: async (params: Params) => {
        const queue = this.#waiting.get(place(params));
        if (queue) await new Promise<void>((resolve) => queue.push(resolve));
        else this.#waiting.set(place(params), []);
        const lock = `lease ${++this.#leases}`;
        return more.tokenWithLease ? { lock, token: stored(params) } : lock;
      },
      cloud_release_refresh_lock: (params: Params) => {
        const next = this.#waiting.get(place(params))?.shift();
        if (next) next();
        else this.#waiting.delete(place(params));
      },
      ...(more.compareAndSet
        ? {
            cloud_compare_and_set: (params: Params) => {
              const current = stored(params) as Params["token"] | null;
              if (current === null || hashOf(current.refresh_token) !== params.expected.refresh_hash)
                return false;
              put(params);
              return true;
            },
          }
        : {}),
    };
  }
}

function hashOf(refresh_token: string | undefined): string | null {
  if (refresh_token === undefined) return null;
  return createHash("sha256").update(refresh_token).digest("base64url");
}

/** A host's secret store over a map. */
export function secretHost(secrets: Map<string, string> = new Map()): HostCapability {
  return {
    get: ({ name }: { name: string }) => secrets.get(name) ?? null,
    set: ({ name, value }: { name: string; value: string }) => void secrets.set(name, value),
    delete: ({ name }: { name: string }) => void secrets.delete(name),
  };
}

let objects = 0;

/** Ports of an untrusted run that was granted these capabilities. `events` gets what is emitted. */
export function hostPorts(
  capabilities: Readonly<Record<string, HostCapability>>,
  more: { readonly seal?: Seal; readonly granted?: boolean; readonly events?: unknown[] } = {},
): Ports {
  const base = testPorts(more.seal ? { seal: more.seal } : {});
  const id = `test ${++objects}`;
  return {
    ...base,
    redactor: { ...base.redactor, redact: (text) => text.replaceAll("s3cret", "<redacted>") },
    events: {
      ...base.events,
      emit: (topic, kind, payload) => (more.events ?? []).push({ topic, kind, payload }),
    },
    async capability(name, operation, params) {
      const run = capabilities[name]?.[operation];
      if (run) return await run(params as never);
      throw Object.assign(new Error("missing"), { code: "HARN-RUN-010" });
    },
    capabilityInfo: (name) =>
      more.granted === false
        ? null
        : { id, offers: (operation) => capabilities[name]?.[operation] !== undefined },
  };
}
