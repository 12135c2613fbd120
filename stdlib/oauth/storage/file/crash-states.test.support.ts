/**
 * What a crash can leave of a folder: every legal outcome of the system calls that were made in it.
 *
 * The model is that of POSIX, weaker than any common file system: what was written to a file and not synced may have reached the disk in
 * whole, in part, with holes, or not at all; and of the names that were made, changed or removed since the last sync of the folder, any may
 * have reached it, in any order.
 *
 * @module
 */

import { basename } from "node:path";
import type { FileSystem, OpenFile } from "./file-system.ts";

export type Call =
  | { readonly call: "create"; readonly name: string; readonly file: number }
  | { readonly call: "write"; readonly file: number; readonly bytes: Uint8Array }
  | { readonly call: "sync file"; readonly file: number }
  | { readonly call: "rename"; readonly from: string; readonly to: string }
  | { readonly call: "unlink"; readonly name: string }
  | { readonly call: "sync folder" }
  /** The caller was told that all is done. */
  | { readonly call: "acknowledge" };

/** The file system with each call that changes something noted in `calls`. */
export function recording(fs: FileSystem, calls: Call[]): FileSystem {
  let files = 0;
  return {
    ...fs,
    async create(path, mode) {
      const opened = await fs.create(path, mode);
      const file = (files += 1);
      calls.push({ call: "create", name: basename(path), file });
      return {
        ...opened,
        async writeFile(bytes) {
          await opened.writeFile(bytes);
          calls.push({ call: "write", file, bytes: Uint8Array.from(bytes) });
        },
        async sync() {
          await opened.sync();
          calls.push({ call: "sync file", file });
        },
      };
    },
    async openToRead(path): Promise<OpenFile> {
      const opened = await fs.openToRead(path);
      return {
        ...opened,
        async sync() {
          await opened.sync();
          calls.push({ call: "sync folder" });
        },
      };
    },
    async rename(from, to) {
      await fs.rename(from, to);
      calls.push({ call: "rename", from: basename(from), to: basename(to) });
    },
    async unlink(path) {
      await fs.unlink(path);
      calls.push({ call: "unlink", name: basename(path) });
    },
  };
}

/** A folder after a crash: each name with its bytes. */
export type Folder = ReadonlyMap<string, Uint8Array>;

export interface Crash {
  readonly folder: Folder;
  /** How many acknowledgements came before it. */
  readonly acknowledged: number;
}

/**
 * Every crash state, at each point of the calls. `before` is durable. `lengths` says which lengths of an unsynced write are tried.
 */
export function* crashStates(
  before: Folder,
  calls: readonly Call[],
  lengths: (whole: number) => readonly number[],
): Generator<Crash> {
  for (let point = 0; point <= calls.length; point += 1) {
    const made = calls.slice(0, point);
    const acknowledged = made.filter(({ call }) => call === "acknowledge").length;
    const seen = new Set<string>();
    for (const contents of fileContents(made, lengths)) {
      for (const folder of folders(before, made, contents)) {
        const id = [...folder]
          .map(([name, bytes]) => `${name}:${Buffer.from(bytes).toString("latin1")}`)
          .toSorted()
          .join("\n");
        if (seen.has(id)) continue;
        seen.add(id);
        yield { folder, acknowledged };
      }
    }
  }
}

/** Every choice of what reached the disk of each file: bytes by the file's number. */
function fileContents(
  calls: readonly Call[],
  lengths: (whole: number) => readonly number[],
): readonly ReadonlyMap<number, Uint8Array>[] {
  let choices: Map<number, Uint8Array>[] = [new Map()];
  for (const [at, call] of calls.entries()) {
    if (call.call === "create") for (const choice of choices) choice.set(call.file, new Uint8Array());
    if (call.call !== "write") continue;
    const { file, bytes } = call;
    const synced = calls.slice(at).some((later) => later.call === "sync file" && later.file === file);
    const outcomes = synced ? [bytes] : torn(bytes, lengths);
    choices = choices.flatMap((choice) => outcomes.map((outcome) => new Map(choice).set(file, outcome)));
  }
  return choices;
}

/** The beginnings of the bytes, each also at full size with zeros for what is missing, and the end without the beginning. */
function torn(bytes: Uint8Array, lengths: (whole: number) => readonly number[]): readonly Uint8Array[] {
  return lengths(bytes.length).flatMap((length) => {
    const holed = Uint8Array.from(bytes).fill(0, length);
    const beheaded = Uint8Array.from(bytes).fill(0, 0, length);
    return [bytes.subarray(0, length), holed, beheaded];
  });
}

/** Every choice of which changes of names reached the disk. */
function* folders(
  before: Folder,
  calls: readonly Call[],
  contents: ReadonlyMap<number, Uint8Array>,
): Generator<Folder> {
  const lastSync = calls.findLastIndex(({ call }) => call === "sync folder");
  const names = calls
    .map((call, at) => ({ call, synced: at < lastSync }))
    .filter(({ call }) => call.call === "create" || call.call === "rename" || call.call === "unlink");
  const open = names.filter(({ synced }) => !synced).length;
  for (let choice = 0; choice < 2 ** open; choice += 1) {
    // What a name means: a file of the calls, or one from before.
    const table = new Map<string, number | Uint8Array>(before);
    const hidden = new Map<string, number>();
    let bit = 0;
    for (const { call, synced } of names) {
      const reached = synced || (choice & (1 << bit++)) !== 0;
      if (call.call === "create") {
        hidden.set(call.name, call.file);
        if (reached) table.set(call.name, call.file);
      } else if (call.call === "rename") {
        // The new name leads to the file, also when its old name never reached the disk.
        const file = hidden.get(call.from);
        if (file !== undefined) hidden.set(call.to, file);
        if (reached && file !== undefined) table.set(call.to, file).delete(call.from);
      } else if (call.call === "unlink" && reached) table.delete(call.name);
    }
    yield new Map(
      [...table].map(([name, file]) => [
        name,
        typeof file === "number" ? (contents.get(file) ?? new Uint8Array()) : file,
      ]),
    );
  }
}
