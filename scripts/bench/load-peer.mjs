// Not compiled: it stands where the peers' packages are found (`npm ci --prefix scripts/bench`).

/** The module of a package, or null when the package is not installed. */
export async function loadPeer(name) {
  try {
    return await import(name);
  } catch (error) {
    if (error?.code === "ERR_MODULE_NOT_FOUND") return null;
    throw error;
  }
}
