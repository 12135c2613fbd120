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
import { fileError } from "./file-fault.ts";
import type { FileKey } from "./file-key.ts";
import { ownLocks } from "./file-locks.ts";
import { type FileSystem, nodeFileSystem } from "./file-system.ts";
import { type Holds, type Row, sealEnvelope, type StoreHeader } from "./format-2.ts";
import { makeSlot, maxSlots, openSlots } from "./key-slot.ts";
import { type Contents, decryptFile, maxFileBytes, type Opened, readBytes } from "./read-file.ts";
import { removeFile, removeLeftovers, replaceFile } from "./replace-file.ts";
import { isRolledBack, noteCounter } from "./write-counters.ts";

const nothing: Contents<never> = { entries: new Map<string, never>(), found: null };

/** One file with one key. Nothing is read or written before the first call. What `R` is, `holds` says. */
export class FileStore<R extends Row = Entry> {
  readonly path: string;
  readonly #key: FileKey;
  readonly #fs: FileSystem;
  readonly #holds: Holds;
  /** Good for as long as the file is the very same; a missing file has no stat. */
  #cache: { readonly contents: Contents<R>; readonly stat: BigIntStats } | null = null;
  #loading: Promise<Contents<R>> | null = null;
  #swept = false;

  constructor(path: string, key: FileKey, fs: FileSystem = nodeFileSystem, holds: Holds = "tokens") {
    this.path = path;
    this.#key = key;
    this.#fs = fs;
    this.#holds = holds;
  }

  hasKey(key: FileKey): boolean {
    return this.#key.equals(key);
  }

  /**
   * The entry of a key, frozen; null when there is none.
   * @throws HARN-OAU-010 when the file is there and cannot be read.
   */
  async read(key: string): Promise<R | null> {
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
    next: (current: R | null) => R | null | undefined,
  ): Promise<boolean> {
    return await ownLocks.whileWriting(this.path, async () => {
      const contents = await this.#contents();
      const current = contents.entries.get(key) ?? null;
      const entry = next(current);
      if (entry === undefined || (entry === null && current === null)) return false;
      const entries = new Map(contents.entries);
      if (entry === null) entries.delete(key);
      else entries.set(key, copyJson(entry, true) as unknown as R);
      if (entries.size === 0) await this.#remove(contents);
      else await this.#write(entries, contents.found ?? (await this.#newStore(this.#key, random)), random);
      return true;
    });
  }

  /**
   * Lets `key` open the file too. Nothing is done when it does already.
   * @throws HARN-OAU-010 when there is no file, when it has as many keys as it can hold, and as for `change`.
   */
  async addKey(key: FileKey, random: Random): Promise<void> {
    await ownLocks.whileWriting(this.path, async () => {
      const { entries, found } = await this.#present();
      const opened = found ?? (await this.#newStore(this.#key, random));
      const { keys, store_id } = opened.header;
      if ((await openSlots(keys, key, store_id)).ok) return;
      if (keys.length === maxSlots) throw storageError("too_many_keys");
      const added = await makeSlot(key, opened.root, store_id, random);
      const header = { ...opened.header, keys: [...keys, added] };
      await this.#write(entries, { ...opened, header }, random);
    });
  }

  /**
   * Encrypts everything anew under a root that `key` alone leads to: no other key opens the file then, nor what one led to before.
   * @throws HARN-OAU-010 when there is no file, and as for `change`.
   */
  async replaceKeys(key: FileKey, random: Random): Promise<void> {
    await ownLocks.whileWriting(this.path, async () => {
      const { entries, found } = await this.#present();
      await this.#write(entries, await this.#newStore(key, random, found?.header), random);
      // This store's own key may be one of those that are gone.
      this.#cache = null;
    });
  }

  /** A new root with a slot for the key. `before`: the header whose store goes on. */
  async #newStore(key: FileKey, random: Random, before?: StoreHeader): Promise<Opened> {
    const root = random.bytes(32);
    const store_id = before?.store_id ?? Buffer.from(random.bytes(16)).toString("base64url");
    const slot = await makeSlot(key, root, store_id, random);
    return {
      header: { holds: this.#holds, keys: [slot], store_id, counter: before?.counter ?? 0 },
      root,
      slot,
    };
  }

  /** @throws HARN-OAU-010 also when there is no file: it has no key that could be another. */
  async #present(): Promise<Contents<R>> {
    const contents = await this.#contents();
    if (contents === nothing) throw storageError("no_file");
    return contents;
  }

  async #write(entries: ReadonlyMap<string, R>, opened: Opened, random: Random): Promise<void> {
    const { root } = opened;
    const header = { ...opened.header, counter: opened.header.counter + 1 };
    const text = sealEnvelope(header, root, random.bytes(32), entries);
    const bytes = new TextEncoder().encode(text);
    // Nobody could read it again.
    if (bytes.length > maxFileBytes) throw storageError("too_large");
    const unique = Buffer.from(random.bytes(9)).toString("base64url");
    const written = await replaceFile(this.#fs, this.path, bytes, unique);
    noteCounter(header.store_id, header.counter);
    // Renaming may change the ctime, so the file is looked at again; it counts as ours while all else is the same.
    const stat = this.#glance();
    if (stat && isSameFile({ ...stat, ctimeNs: written.ctimeNs }, written)) {
      this.#cache = { contents: { entries, found: { ...opened, header } }, stat };
    }
  }

  async #remove({ found }: Contents<R>): Promise<void> {
    await removeFile(this.#fs, this.path);
    // An earlier copy that is put back later is older than the removal.
    if (found) noteCounter(found.header.store_id, found.header.counter + 1);
  }

  async #contents(): Promise<Contents<R>> {
    if (!this.#swept) {
      this.#swept = true;
      await removeLeftovers(this.#fs, this.path);
    }
    const known = this.#known();
    if (known) return known;
    const earlier = this.#loading;
    if (earlier) {
      // It may have begun before the file was what it was when we asked: the look that follows says whether it is still good.
      await earlier.catch(() => {});
      const found = this.#known();
      if (found) return found;
    }
    // From here on whatever is read was there after we asked, also when it is replaced while we read it.
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null;
    });
    return await this.#loading;
  }

  /** Null: the file must be read. */
  #known(): Contents<R> | null {
    const stat = this.#look();
    if (!stat) return nothing;
    return this.#cache && isSameFile(this.#cache.stat, stat) ? this.#cache.contents : null;
  }

  async #load(): Promise<Contents<R>> {
    const read = await readBytes(this.#fs, this.path);
    if (!read) return nothing;
    const contents = await decryptFile<R>(read.bytes, this.#key, this.#holds);
    const header = contents.found?.header;
    if (header && isRolledBack(header)) {
      // A file that was replaced while it was being read is only late, not rolled back.
      const now = this.#look();
      if (now && isSameFile(now, read.stat)) throw storageError("rollback");
      return contents;
    }
    if (header) noteCounter(header.store_id, header.counter);
    this.#cache = { contents, stat: read.stat };
    return contents;
  }

  /** For after a write, which stands whatever this look says. */
  #glance(): BigIntStats | undefined {
    try {
      return this.#fs.look(this.path);
    } catch {
      return undefined;
    }
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
