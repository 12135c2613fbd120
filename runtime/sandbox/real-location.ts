/**
 * Where a path leads when every link on its way is followed.
 *
 * @module
 */

import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";

/** As many as Linux follows. */
const mostLinks = 40;

/** No system opens longer paths. */
const longestPath = 4_096;

/**
 * The place that an absolute path leads to, links followed, even when its end does not exist yet: then the longest
 * existing parent is followed and the rest stays as written. A link that leads nowhere is followed too, since
 * writing through it would create its target. Null when the way cannot be followed (a loop, no permission, a NUL,
 * longer than 4,096 characters).
 */
export function realLocation(path: string): string | null {
  if (path.length > longestPath || path.includes("\0")) return null;
  return follow(path, { links: 0 });
}

function follow(path: string, seen: { links: number }): string | null {
  try {
    return realpathSync.native(path);
  } catch (error) {
    // What lies below a regular file does not exist either; using it says so.
    if (errorCode(error) !== "ENOENT" && errorCode(error) !== "ENOTDIR") return null;
  }
  const parent = dirname(path);
  if (parent === path) return path;
  const realParent = follow(parent, seen);
  if (realParent === null) return null;
  const here = join(realParent, basename(path));
  const target = linkTarget(here);
  if (target === null) return here;
  seen.links += 1;
  return seen.links > mostLinks ? null : follow(resolve(realParent, target), seen);
}

function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** True when `path` lies below `folder`. Both are real locations. */
export function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
