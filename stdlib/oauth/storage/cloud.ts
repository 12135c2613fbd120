/**
 * `harn_cloud_session()` and `harn_cloud_org()`: the host's own store, behind the capability `oauth_storage`.
 *
 * The host keeps token sets with real values, and gives leases that exclude the refreshes of other hosts. Whose tokens
 * a scope means is the host's business: one capability object stands for one tenant.
 *
 * @module
 */

import type { Ports } from "../../../runtime/ports.ts";
import { lockLimits } from "../lock-limits.ts";
import { type CloudScope, cloudEntryStore, keepsCloudEntries } from "./cloud-entries.ts";
import type { Entry } from "./entry.ts";
import { foreignEntry, hasRefreshTokenOf } from "./foreign-entry.ts";
import { callHost, type HostCall, hostWaitMs } from "./host-call.ts";
import { copyJson } from "./json-copy.ts";
import { KeyedMutex } from "./keyed-mutex.ts";
import type { ScriptStore } from "./script-store.ts";
import { type BindingOf, refuseOtherLogin } from "./stated-bindings.ts";
import { storageError } from "./storage-fault.ts";
import { storageKey } from "./storage-key.ts";

/** How long a lease must last, as the host is told; it may take as long to give it. */
const leaseSeconds = lockLimits.leaseMs / 1000;
/** How long a caller waits for the end of a lease when its work is done, in ms. */
const releaseWaitMs = 5_000;

// Of the process: runs that reach the same capability queue here before one of them asks the host.
const refreshes = new KeyedMutex();
const writes = new KeyedMutex();

/** The store of a scope. `waitMs`: how long the host may take for one call. */
export function cloudStore(
  ports: Ports,
  scope: CloudScope,
  bindingOf: BindingOf,
  waitMs: number = hostWaitMs,
): ScriptStore {
  const identity = `cloud:${ports.capabilityInfo("oauth_storage")?.id ?? ""}:${scope}`;
  if (keepsCloudEntries(ports)) return cloudEntryStore(ports, scope, identity, bindingOf);
  const call = (
    operation: string,
    key: string,
    more: Readonly<Record<string, unknown>> = {},
    how: Partial<HostCall<never>> = {},
  ): Promise<unknown> =>
    callHost(ports, {
      capability: "oauth_storage",
      operation,
      params: { scope, key, ...more },
      waitMs,
      ...how,
    });
  const entryOf = (key: string, value: unknown): Entry | null =>
    value === null || value === undefined ? null : foreignEntry(ports, value, bindingOf(key));

  async function read(key: string): Promise<Entry | null> {
    return entryOf(key, await call("cloud_get", storageKey(key)));
  }

  async function put(key: string, { token_set, ttl_seconds }: Entry): Promise<void> {
    const token = copyJson(token_set, false);
    await call("cloud_set", key, { token, ...(ttl_seconds === null ? {} : { ttl_seconds }) });
  }

  /** Never throws: the work under the lease is done, and a lease that is not given back ends by itself. */
  async function release(key: string, lock: unknown): Promise<void> {
    const how = { waitMs: Math.min(waitMs, releaseWaitMs) };
    await call("cloud_release_refresh_lock", key, { lock }, how).catch(() => {
      ports.events.emit("oauth.storage.audit", "lease_not_released", { scope, storage_key: key });
    });
  }

  async function acquire(key: string): Promise<Lease> {
    const answer = await call(
      "cloud_acquire_refresh_lock",
      key,
      { timeout_seconds: leaseSeconds },
      {
        fault: "lease_refused",
        late: (late) => isLease(late) && void release(key, leaseOf(late).lock),
      },
    );
    if (!isLease(answer)) throw storageError("lease_refused");
    return leaseOf(answer);
  }

  return {
    identity,
    keepsEntries: false,
    read,
    async write(key, entry, expected) {
      refuseOtherLogin(entry, bindingOf(storageKey(key)));
      return await writes.run(`${identity}:${key}`, async () => {
        if (expected && ports.capabilityInfo("oauth_storage")?.offers("cloud_compare_and_set")) {
          const { refresh_hash } = expected;
          const token = copyJson(entry.token_set, false);
          const wrote = await call("cloud_compare_and_set", key, { expected: { refresh_hash }, token });
          if (typeof wrote !== "boolean") throw storageError("host_verdict");
          return wrote;
        }
        if (expected && !hasRefreshTokenOf(await read(key), expected)) return false;
        await put(key, entry);
        return true;
      });
    },
    async remove(key) {
      await writes.run(`${identity}:${storageKey(key)}`, () => call("cloud_delete", key));
    },
    async replace(key, next) {
      const entry = next(null);
      refuseOtherLogin(entry, bindingOf(storageKey(key)));
      await writes.run(`${identity}:${key}`, () => put(key, entry));
    },
    withRefreshLock: (key, body) =>
      refreshes.run(`${identity}:${storageKey(key)}`, async () => {
        const { lock, found } = await acquire(key);
        try {
          return await body(found === undefined ? undefined : entryOf(key, found.token));
        } finally {
          await release(key, lock);
        }
      }),
  };
}

interface Lease {
  readonly lock: unknown;
  /** Present when the host said what is stored now. */
  readonly found: { readonly token: unknown } | undefined;
}

/** Anything but nothing and `false`: the host knows what its leases are. */
function isLease(answer: unknown): boolean {
  return answer !== null && answer !== undefined && answer !== false;
}

/** A lease is opaque; only `{lock, token}` says more. */
function leaseOf(answer: unknown): Lease {
  if (typeof answer === "object" && answer !== null) {
    const { lock, token, ...more } = answer as Readonly<Record<string, unknown>>;
    if (lock !== undefined && token !== undefined && Object.keys(more).length === 0) {
      return { lock, found: { token } };
    }
  }
  return { lock: answer, found: undefined };
}
