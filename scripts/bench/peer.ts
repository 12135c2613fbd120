/**
 * The packages that we are measured beside.
 *
 * @module
 */

/** The module of a package. They stand apart from `npm ci` (`npm ci --prefix scripts/bench`); null when one is not installed. */
export async function loaded<T>(name: string): Promise<T | null> {
  const loader = new URL("../../../scripts/bench/load-peer.mjs", import.meta.url);
  const { loadPeer } = (await import(loader.href)) as { loadPeer(name: string): Promise<T | null> };
  return loadPeer(name);
}
