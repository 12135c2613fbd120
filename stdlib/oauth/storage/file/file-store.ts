/**
 * The encrypted file store: every entry of one file, decrypted once and read again only when the file changes.
 *
 * @module
 */

import type { BigIntStats } from "node:fs";
import type { Random } from "../../../../runtime/ports.ts";
import type { Entry } from "../entry.ts";
import { copyJson } from "../json-copy.ts";
import { storageError } from "../storage-fault.ts";
import { removeFile, removeLeftovers, replaceFile } from "./replace-file.ts";
import { fileError } from "./file-fault.ts";
import type { FileKey } from "./file-key.ts";
import { ownLocks } from "./file-locks.ts";
import { type FileSystem, nodeFileSystem } from "./file-system.ts";
import { type StoreHeader, sealEnvelope } from "./format-2.ts";
import { type Contents, decryptFile, maxFileBytes, readBytes } from "./read-file.ts";
import { isRolledBack, noteCounter } from "./write-counters.ts";

const nothing: Contents = { entries: new Map(), header: null };

/** One file with one key. Nothing is read or written before the first call. */
export class FileStore {
  readonly path: string;
  readonly #key: FileKey;
  readonly #fs: FileSystem;
  /** Good for as long as the file is the very same; a missing file has no stat. */
  #cache: { readonly contents: Contents; readonly stat: BigIntStats } | null = null;
  #loading: Promise<void> | null = null;
  #swept = false;

  constructor(path: string, key: FileKey, fs: FileSystem = nodeFileSystem) {
    this.path = path;
    this.#key = key;
    this.#fs = fs;
  }

  hasKey(key: FileKey): boolean {
    return this.#key.equals(key);
  }

  /**
   * The entry of a key, frozen; null when there is none.
   * @throws HARN-OAU-010 when the file is there and cannot be read.
   */
  async read(key: string): Promise<Entry | null> {
    return (await this.#contents()).entries.get(key) ?? null;
  }

  /**
   * Replaces the entry of a key in one step with reading it. `next` answers the new entry, null to remove it, or undefined to
   * leave the file alone; the answer is whether the file was written.
   * @throws HARN-OAU-010 when the file cannot be read or written; what was stored is then unchanged.
   */
  async change(
    key: string,
    random: Random,
    next: (current: Entry | null) => Entry | null | undefined,
  ): Promise<boolean> {
    return await ownLocks.whileWriting(this.path, async () => {
      const contents = await this.#contents();
      const current = contents.entries.get(key) ?? null;
      const entry = next(current);
      if (entry === undefined || (entry === null && current === null)) return false;
      const entries = new Map(contents.entries);
      if (entry === null) entries.delete(key);
      else entries.set(key, copyJson(entry, true) as unknown as Entry);
      await (entries.size === 0 ? this.#remove(contents) : this.#write(contents, entries, random));
      return true;
    });
  }

  async #write(before: Contents, entries: ReadonlyMap<string, Entry>, random: Random): Promise<void> {
    const header: StoreHeader = {
      kdf: before.header?.kdf ?? this.#key.newKdf(random.bytes(32)),
      store_id: before.header?.store_id ?? Buffer.from(random.bytes(16)).toString("base64url"),
      counter: (before.header?.counter ?? 0) + 1,
    };
    const root = await this.#key.root(header.kdf);
    const text = sealEnvelope(header, root, random.bytes(32), entries);
    const bytes = new TextEncoder().encode(text);
    // Nobody could read it again.
    if (bytes.length > maxFileBytes) throw storageError("too_large");
    const unique = Buffer.from(random.bytes(9)).toString("base64url");
    const written = await replaceFile(this.#fs, this.path, bytes, unique);
    noteCounter(header.store_id, header.counter);
    // Renaming may change the ctime, so the file is looked at again; it counts as ours while all else is the same.
    const stat = this.#look();
    if (stat && isSameFile({ ...stat, ctimeNs: written.ctimeNs }, written)) {
      this.#cache = { contents: { entries, header }, stat };
    }
  }

  async #remove(before: Contents): Promise<void> {
    await removeFile(this.#fs, this.path);
    // An earlier copy that is put back later is older than the removal.
    if (before.header) noteCounter(before.header.store_id, before.header.counter + 1);
  }

  async #contents(): Promise<Contents> {
    if (!this.#swept) {
      this.#swept = true;
      await removeLeftovers(this.#fs, this.path);
    }
    for (let attempt = 0; ; attempt += 1) {
      const stat = this.#look();
      if (!stat) return nothing;
      if (this.#cache && isSameFile(this.#cache.stat, stat)) return this.#cache.contents;
      if (attempt === 5) throw storageError("read_failed");
      // Callers may share a load that began before they asked: the look that follows it says whether it is still good.
      this.#loading ??= this.#load().finally(() => {
        this.#loading = null;
      });
      await this.#loading;
    }
  }

  async #load(): Promise<void> {
    const read = await readBytes(this.#fs, this.path);
    if (!read) return;
    const contents = await decryptFile(read.bytes, this.#key);
    if (contents.header && isRolledBack(contents.header)) {
      // A file that was replaced while it was being read is only late, not rolled back.
      const now = this.#look();
      if (now && isSameFile(now, read.stat)) throw storageError("rollback");
      return;
    }
    if (contents.header) noteCounter(contents.header.store_id, contents.header.counter);
    this.#cache = { contents, stat: read.stat };
  }

  #look(): BigIntStats | undefined {
    try {
      return this.#fs.look(this.path);
    } catch (error) {
      throw fileError(error, "read");
    }
  }
}

type FileMark = Pick<BigIntStats, "dev" | "ino" | "size" | "mtimeNs" | "ctimeNs">;

function isSameFile(one: FileMark, other: FileMark): boolean {
  return (
    one.ino === other.ino &&
    one.dev === other.dev &&
    one.size === other.size &&
    one.mtimeNs === other.mtimeNs &&
    one.ctimeNs === other.ctimeNs
  );
}
