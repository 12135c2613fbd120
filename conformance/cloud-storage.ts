/**
 * The `oauth_storage` capability over a map, as a host would give it: entries and refresh leases per scope and key.
 *
 * @module
 */

interface Params {
  readonly scope: string;
  readonly key: string;
  readonly token?: unknown;
  readonly lock?: unknown;
}

/** What it offers. */
export const cloudOperations: readonly string[] = [
  "cloud_get",
  "cloud_set",
  "cloud_delete",
  "cloud_acquire_refresh_lock",
  "cloud_release_refresh_lock",
];

/** Makes the capability: its one function gets an operation's name and parameters. */
export function cloudStorage(): (operation: string, params: unknown) => Promise<unknown> {
  const entries = new Map<string, string>();
  const leases = new Map<string, { readonly lock: string; readonly freed: Promise<void>; free(): void }>();
  let count = 0;
  return async (operation, given) => {
    const params = given as Params;
    const place = JSON.stringify([params.scope, params.key]);
    switch (operation) {
      case "cloud_get":
        return JSON.parse(entries.get(place) ?? "null");
      case "cloud_set":
        entries.set(place, JSON.stringify(params.token));
        return null;
      case "cloud_delete":
        entries.delete(place);
        return null;
      case "cloud_acquire_refresh_lock": {
        for (let held = leases.get(place); held; held = leases.get(place)) await held.freed;
        let free = (): void => {};
        const freed = new Promise<void>((resolve) => {
          free = resolve;
        });
        const lock = `lease-${++count}`;
        leases.set(place, { lock, freed, free });
        return lock;
      }
      case "cloud_release_refresh_lock": {
        const held = leases.get(place);
        if (held === undefined || held.lock !== params.lock) throw new Error("this lease is not held");
        leases.delete(place);
        held.free();
        return null;
      }
      default:
        throw new Error(`oauth_storage has no ${operation}`);
    }
  };
}
