/**
 * What the embedder allows a script: deny by default, read once, checked on the host only.
 *
 * @module
 */

import { resolve } from "node:path";
import type { NetPolicy } from "../host/net-policy.ts";
import { RunError } from "../host/run-error.ts";
import { nearest } from "../nearest.ts";
import { netPolicy } from "./net-grant.ts";
import { isBelow, realLocation } from "./real-location.ts";

/** What a run is allowed. A member that is left out allows nothing. */
export interface Grants {
  /** `host[:port]` (no port means 443; a loopback host: any port), `*.host` for subdomains only, `*` for every public host. */
  net?: readonly string[];
  /** Names of environment variables, or a beginning followed by `*`. */
  env?: readonly string[];
  /** Paths relative to the pipeline's folder; with `/` at the end: everything below it; `*` for any. */
  storage?: readonly string[];
  /** Names of the embedder's capabilities. */
  capabilities?: readonly string[];
  /** Token values reach the script as they are. */
  reveal?: boolean;
  /** `std/testing` may be imported. */
  testing?: boolean;
}

/** Grants, ready to be asked. */
export interface GrantSet {
  readonly net: NetPolicy;
  /** True when the script may read this environment variable. */
  env(name: string): boolean;
  /**
   * The absolute path, links followed, of a path that the script named relative to the pipeline's folder.
   * @throws RunError HARN-RUN-010 when it is not granted.
   */
  storagePath(path: string): string;
  /** True when the script may use this capability. */
  capability(name: string): boolean;
  readonly reveal: boolean;
  readonly testing: boolean;
}

const lists = ["net", "env", "storage", "capabilities"] as const;
const flags = ["reveal", "testing"] as const;

/**
 * Reads grants; `folder` is the pipeline's folder, for storage paths.
 * @throws RunError HARN-RUN-015 naming the grant and what is wrong with it.
 */
export function parseGrants(grants: Grants | undefined, folder: string): GrantSet {
  const given = grants ?? {};
  checkShape(given);
  const env = envGrant(given.env ?? []);
  const storagePath = storageGrant(given.storage ?? [], folder);
  const capabilities = new Set(given.capabilities);
  return {
    net: netPolicy(given.net ?? []),
    env,
    storagePath,
    capability: (name) => capabilities.has(name),
    reveal: given.reveal ?? false,
    testing: given.testing ?? false,
  };
}

function checkShape(given: object): void {
  const names: readonly string[] = [...lists, ...flags];
  for (const [name, value] of Object.entries(given)) {
    if (!names.includes(name)) {
      const meant = nearest(name, names);
      throw new RunError("HARN-RUN-015", `grants: there is no grant "${name}"`, {
        hint: meant ? `Did you mean ${meant}?` : `The grants are ${names.join(", ")}.`,
      });
    }
    if (value === undefined) continue;
    const isList = Array.isArray(value) && value.every((entry) => typeof entry === "string");
    const wanted = flags.some((flag) => flag === name) ? "true or false" : "a list of texts";
    if (wanted === "true or false" ? typeof value !== "boolean" : !isList) {
      throw new RunError("HARN-RUN-015", `grants: ${name} is not ${wanted}`);
    }
    if (isList && value.includes("")) {
      throw new RunError("HARN-RUN-015", `grants: ${name} has an empty entry`);
    }
  }
}

function envGrant(patterns: readonly string[]): (name: string) => boolean {
  for (const pattern of patterns) {
    if (/[*].|[=\0]/s.test(pattern)) {
      throw new RunError("HARN-RUN-015", `grants: env "${pattern}" is not a name`, {
        hint: "Write a name, or the beginning of names with a * at the end.",
      });
    }
  }
  return (name) =>
    name !== "" &&
    !/[=\0]/.test(name) &&
    patterns.some((pattern) =>
      pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    );
}

function storageGrant(patterns: readonly string[], folder: string): (path: string) => string {
  const any = patterns.includes("*");
  const files = new Set<string>();
  const folders: string[] = [];
  for (const pattern of patterns) {
    if (pattern === "*") continue;
    // Followed now, so that a link made later cannot move what was granted.
    const real = pattern.includes("*") ? null : realLocation(resolve(folder, pattern));
    if (real === null) {
      throw new RunError("HARN-RUN-015", `grants: storage "${pattern}" is not a path that can be followed`, {
        hint: "Write a path, a folder with / at the end, or * alone.",
      });
    }
    if (/[/\\]$/.test(pattern)) folders.push(real);
    else files.add(real);
  }
  return (path) => {
    const real = path === "" ? null : realLocation(resolve(folder, path));
    const granted =
      real !== null && (any || files.has(real) || folders.some((below) => isBelow(real, below)));
    if (granted) return real;
    const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path;
    throw new RunError("HARN-RUN-010", `the script may not store at "${shown}"`, {
      hint: `Add --allow-storage=${shown}`,
    });
  };
}
