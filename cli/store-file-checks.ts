/**
 * What can be wrong with a file of tokens or secrets. Everything is only looked at.
 *
 * @module
 */

import { access, constants, lstat, open, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { OAuthError } from "../stdlib/oauth/errors.ts";
import { fileError, systemCode } from "../stdlib/oauth/storage/file/file-fault.ts";
import { systemMeans } from "../stdlib/oauth/storage/file/file-locks.ts";
import { realStoragePath } from "../stdlib/oauth/storage/file/file-stores.ts";
import { nodeFileSystem } from "../stdlib/oauth/storage/file/file-system.ts";
import { checkMechanism } from "../stdlib/oauth/storage/file/lock-file.ts";
import { isUnsyncable } from "../stdlib/oauth/storage/file/make-folder.ts";
import {
  decryptFile,
  type ParsedFile,
  parseFile,
  readBytes,
} from "../stdlib/oauth/storage/file/read-file.ts";
import { leftovers } from "../stdlib/oauth/storage/file/replace-file.ts";
import { type KeyOption, keySource } from "../stdlib/oauth/storage/keys/key-source.ts";
import { systemKeychain } from "../stdlib/oauth/storage/keys/keychain.ts";
import { systemRandom } from "../runtime/host/random.ts";
import { type Finding, ok, type StoreCheck, unknown, warn, wrong } from "./store-check.ts";

/** More entries than this make every write slow. */
const manyEntries = 1_000;

export interface GivenKey {
  /** As it may be shown. */
  readonly words: string;
  readonly option: KeyOption;
}

/** The checks of a file, in the order in which they make sense to a reader. */
export function fileChecks(path: string, keys: readonly GivenKey[]): readonly StoreCheck[] {
  const real = realStoragePath(resolve(path));
  const folder = dirname(real);
  let content: Promise<Content | null> | undefined;
  const read = (): Promise<Content | null> => (content ??= contentOf(real));
  /** For checks that leave the complaint of a file that cannot be read to the first. */
  const readable = (): Promise<Content | null> => read().catch(() => null);
  return [
    { name: "file", look: async () => kindOf(await read()) },
    { name: "rights", look: () => rightsOf(real) },
    { name: "folder", look: () => folderRights(folder) },
    {
      name: "key",
      look: async () =>
        await read().then(
          (found) => keyFinding(real, found, keys),
          () => unknown("a file that cannot be read does not say which key it needs"),
        ),
    },
    { name: "keys", look: async () => keysFinding(await readable()) },
    { name: "entries", look: async () => entriesFinding(await readable()) },
    { name: "durability", look: () => durability(folder) },
    { name: "locks", look: () => locks(real) },
    { name: "leftovers", look: () => leftoversOf(real) },
  ];
}

interface Content {
  readonly bytes: Uint8Array;
  readonly file: ParsedFile;
}

/** Null: no file. */
async function contentOf(path: string): Promise<Content | null> {
  const found = await readBytes(nodeFileSystem, path);
  return found && { bytes: found.bytes, file: parseFile(found.bytes) };
}

function kindOf(content: Content | null): Finding {
  if (!content) return warn("there is no file yet", "It is made at the first write; or name another path.");
  const { bytes, file } = content;
  const size = `${bytes.length.toLocaleString("en")} bytes`;
  if (file.version === 1)
    return warn(`tokens, format 1, ${size}`, "The next write makes it format 2, which protects more.");
  return ok(`${file.envelope.holds}, format 2, ${size}, write counter ${file.envelope.counter}`);
}

async function rightsOf(path: string): Promise<Finding> {
  const stat = await lstat(path).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return null;
    throw fileError(error, "read");
  });
  if (!stat) return unknown("there is no file yet");
  const mode = shownMode(stat.mode);
  if (process.geteuid && (stat.mode & 0o077) !== 0)
    return wrong(`other users have rights to the file (${mode})`, "Take them away: chmod 600.");
  return ok(`of this user alone (${mode})`);
}

async function folderRights(folder: string): Promise<Finding> {
  const stat = await lstat(folder).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return null;
    throw fileError(error, "read");
  });
  if (!stat) return unknown("there is no folder yet; it is made with the file");
  const mode = shownMode(stat.mode);
  // The sticky bit keeps others from replacing what is not theirs.
  if (process.geteuid && (stat.mode & 0o022) !== 0 && (stat.mode & 0o1000) === 0)
    return wrong(
      `other users may replace the file, because they may write to its folder (${mode})`,
      "Take that right away: chmod go-w.",
    );
  const writable = await access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable)
    return wrong(
      `the folder of the file may not be written by this process (${mode})`,
      "Give this user the right to write to the folder; new versions of the file are made beside it.",
    );
  return ok(`can be written by this user (${mode})`);
}

async function keyFinding(
  path: string,
  content: Content | null,
  keys: readonly GivenKey[],
): Promise<Finding> {
  if (keys.length === 0) return unknown("not looked at; say where the key is with --key");
  const passed: string[] = [];
  for (const { words, option } of keys) {
    const found = await keySource({ random: systemRandom(), keychain: systemKeychain }, path, option).look();
    if (found.kind !== "key") {
      passed.push(`${words}: ${found.why}${found.kind === "unavailable" ? systemWords(found.cause) : ""}`);
      continue;
    }
    if (!content) return ok(`${words} has a key; there is no file yet that it could open`);
    const { bytes, file } = content;
    try {
      const holds = file.version === 1 ? "tokens" : file.envelope.holds;
      const opened = (await decryptFile(bytes, found.key, holds)).found;
      return ok(`${words} opens the file${opened ? ` with key ${shownId(opened.slot)}` : ""}`);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      passed.push(`${words}: ${error.message.replace(/^std\/oauth\/storage: /, "")}`);
    }
  }
  return wrong(
    passed.join("; "),
    "Say where the key is that wrote the file; without it nothing in it can be read.",
  );
}

/** What the system said of its keychain. */
function systemWords(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message.replace(/\p{C}/gu, " ").slice(0, 200)})` : "";
}

function shownId({ id }: { readonly id: Uint8Array }): string {
  return Buffer.from(id).toString("base64url");
}

function keysFinding(content: Content | null): Finding {
  const file = content?.file;
  if (file?.version !== 2) return unknown("a file of format 2 says which keys open it");
  const ids = file.envelope.keys.map(
    (slot) => `${shownId(slot)} (${slot.kdf.name === "scrypt" ? "passphrase" : "raw key"})`,
  );
  const says = `opened by ${ids.join(" and ")}`;
  if (ids.length === 1) return ok(says);
  return warn(says, "When nobody uses the old key any more: holdfast store rekey --retire.");
}

function entriesFinding(content: Content | null): Finding {
  const file = content?.file;
  if (file?.version !== 2) return unknown("a file of format 2 says how many entries it has");
  const { length } = file.envelope.entries;
  if (length <= manyEntries) return ok(String(length));
  return warn(
    `${length}, which makes every write slow`,
    "Keep fewer entries in one file; about 1,000 is a good limit.",
  );
}

/** Numbers of statfs(2). */
const inMemory: ReadonlySet<number> = new Set([0x0102_1994, 0x8584_58f6]);
const network: ReadonlySet<number> = new Set([
  0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42, 0x0102_1997, 0x00c3_6400, 0x5346_414f,
]);

async function durability(folder: string): Promise<Finding> {
  let type: number | null = null;
  try {
    if (process.platform === "linux") ({ type } = await statfs(folder));
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemCode(error) === "ENOENT") return unknown("there is no folder yet");
    if (!isUnsyncable(error)) throw fileError(error, "write");
    return warn(
      "folders cannot be synced here",
      "What is written last may be missing after a crash of the machine; the file stays whole.",
    );
  }
  if (type !== null && inMemory.has(type))
    return warn(
      "the file system is in memory: the file is gone with the machine's next start",
      "Name another path.",
    );
  if (type !== null && network.has(type))
    return warn(
      "the file system is one of a network: locks do not hold between machines",
      "Let one machine only use the file, or keep the tokens in a store for fleets.",
    );
  return ok("writes are synced, with their folder");
}

async function locks(path: string): Promise<Finding> {
  const { abstractSockets, native } = await systemMeans();
  if (!abstractSockets && !native)
    return wrong(
      "this system has no lock between processes: every write and refresh is refused",
      "Install the package fs-native-extensions beside holdfast.",
    );
  const mine = native?.name ?? "abstract-socket";
  checkMechanism(path, mine);
  return ok(
    [...(abstractSockets ? ["abstract local socket"] : []), ...(native ? ["file lock"] : [])].join(" and "),
  );
}

async function leftoversOf(path: string): Promise<Finding> {
  const names = await leftovers(nodeFileSystem, path);
  if (names.length === 0) return ok("none");
  return warn(
    `${names.length} temporary ${names.length === 1 ? "file" : "files"} of processes that were killed`,
    "The next process that opens the file removes them.",
  );
}

function shownMode(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
