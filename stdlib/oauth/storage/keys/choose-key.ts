/**
 * Which of several sources gives the key of a file.
 *
 * A file that is there decides by itself: the source whose key opens it. So nothing is ever switched silently, and no new key is made beside
 * a file, which would lose what is in it. Only for a file that is not there is a key made: in the first source that works, unless one
 * of them keeps a key already.
 *
 * @module
 */

import { OAuthError } from "../../errors.ts";
import type { FileKey } from "../file/file-key.ts";
import { nodeFileSystem } from "../file/file-system.ts";
import type { Envelope } from "../file/format-2.ts";
import { openSlots } from "../file/key-slot.ts";
import { parseFile, readBytes } from "../file/read-file.ts";
import { storageError } from "../storage-fault.ts";
import type { KeySource } from "./key-source.ts";

export interface Chosen {
  readonly source: KeySource;
  readonly key: FileKey;
  /** Why the sources before it were passed over. */
  readonly passed: readonly Passed[];
}

export interface Passed {
  readonly why: string;
  /** What the system said, where it said something. */
  readonly cause?: unknown;
}

/**
 * Chooses for the file of secrets at `path`; the caller holds its write lock.
 * @throws HARN-OAU-010 when the file is damaged, when a source holds something that cannot be read, and when no source has, or can make, a key.
 */
export async function chooseKey(path: string, sources: readonly KeySource[]): Promise<Chosen> {
  const file = await envelopeAt(path);
  return await (file ? openingKey(file, sources) : newFileKey(sources));
}

async function openingKey(file: Envelope, sources: readonly KeySource[]): Promise<Chosen> {
  const passed: Passed[] = [];
  for (const source of sources) {
    const found = await source.look();
    if (found.kind !== "key") passed.push(found);
    else if ((await openSlots(file.keys, found.key, file.store_id)).ok)
      return { source, key: found.key, passed };
    else passed.push({ why: `${source.name} does not open the file` });
  }
  throw noKey("no key that is configured opens the file", passed);
}

async function newFileKey(sources: readonly KeySource[]): Promise<Chosen> {
  const passed: Passed[] = [];
  // A key that is kept may be that of a file which comes back: a second one would shut it out.
  for (const source of sources) {
    const found = source.place ? await source.look() : null;
    if (found?.kind === "key") return { source, key: found.key, passed };
    if (found?.kind === "unavailable") passed.push(found);
  }
  passed.length = 0;
  for (const source of sources) {
    const found = await (source.place?.make() ?? source.look());
    if (found.kind === "key") return { source, key: found.key, passed };
    passed.push(found);
  }
  throw noKey("no key could be made for a new file", passed);
}

async function envelopeAt(path: string): Promise<Envelope | null> {
  const read = await readBytes(nodeFileSystem, path);
  if (!read) return null;
  const parsed = parseFile(read.bytes);
  if (parsed.version !== 2 || parsed.envelope.holds !== "secrets") throw storageError("other_content");
  return parsed.envelope;
}

function noKey(what: string, passed: readonly Passed[]): OAuthError {
  return new OAuthError(
    "HARN-OAU-010",
    `std/oauth/storage: ${what}: ${passed.map(({ why }) => why).join("; ")}`,
    "Make the key's own source work again, or give the one that has the key.",
    { retryable: false, cause: passed.find(({ cause }) => cause !== undefined)?.cause },
  );
}
