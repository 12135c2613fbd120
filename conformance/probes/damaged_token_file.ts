/**
 * A token file that was altered in any byte, cut anywhere, or pieced together is refused whole, with what happened; it is never
 * read as an empty store or in part, nobody is sent to log in again, and it is not written over.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Http } from "../../runtime/ports.ts";
import { createOAuth } from "../../stdlib/oauth/node.ts";
import type { Probe } from "./probe.ts";

const key = "a key of enough characters";
const set = (name: string) => ({
  access_token: `made up for ${name}`,
  refresh_token: `of ${name}`,
  token_type: "Bearer",
});

interface Envelope {
  counter: number;
  entries: string[];
  index: string;
  digest: string;
  store_id: string;
}

/** The text of a file whose digest is right: it is no secret how to make it. */
function fileOf(envelope: Envelope): string {
  const text = JSON.stringify({ ...envelope, digest: undefined }).slice(0, -1);
  return `${text},"digest":"${createHash("sha256").update(text).digest("base64url")}"}\n`;
}

export const probe: Probe = async ({ folder }) => {
  let sent = 0;
  const http: Http = {
    async send() {
      sent += 1;
      throw new Error("nothing may be sent");
    },
  };
  const own = createOAuth({ http });
  let files = 0;
  /** What a new store says of a file with this content. */
  const openOf = async (content: string | Uint8Array, fileKey = key): Promise<unknown> => {
    const path = join(folder, `tokens-${++files}.bin`);
    await writeFile(path, content);
    const storage = own.storage.file(path, fileKey);
    const record = {
      id: "acme",
      auth_url: "https://as.example.com/a",
      token_url: "https://as.example.com/t",
    };
    const cli = own.client.client(record, { client_id: "c1", storage });
    const outcomes = [];
    for (const call of [() => storage.get("acme"), () => cli.token(), () => storage.set("new", set("new"))])
      outcomes.push(
        await call().then(
          (value) => ["answered", value],
          (error: unknown) => {
            const { code, message } = error as { code?: string; message: string };
            return [code, message];
          },
        ),
      );
    assert.deepEqual(await readFile(path), Buffer.from(content), "the file was written over");
    const codes = new Set(outcomes.map(([code]) => code));
    assert.deepEqual([...codes], ["HARN-OAU-010"], JSON.stringify(outcomes));
    return outcomes[0]?.[1];
  };
  try {
    const path = join(folder, "good.bin");
    const storage = own.storage.file(path, key);
    await storage.set("acme", set("acme"));
    await storage.set("other", set("other"));
    const earlier = JSON.parse(await readFile(path, "utf8")) as Envelope;
    await storage.set("other", set("another"));
    const good = await readFile(path);
    const envelope = JSON.parse(good.toString()) as Envelope;

    // Every 7th byte with one bit flipped, and every 13th length: each is a whole run of the store.
    for (let byte = 0; byte < good.length; byte += 7) {
      const flipped = Buffer.from(good);
      flipped.writeUInt8(flipped.readUInt8(byte) ^ (1 << (byte % 8)), byte);
      await openOf(flipped);
    }
    for (let length = 0; length < good.length; length += 13) await openOf(good.subarray(0, length));
    assert.match(String(await openOf(good.subarray(0, -1))), /truncated|cut|incomplete/);

    // Put together anew, also with a digest that is right.
    const [first = "", second = ""] = envelope.entries;
    for (const change of [
      { entries: [second, first] },
      { entries: [first, first] },
      { entries: [first] },
      { entries: [earlier.entries[0] ?? "", second] },
      { entries: earlier.entries, index: earlier.index },
      { counter: envelope.counter + 1 },
      { store_id: Buffer.alloc(16, 1).toString("base64url") },
    ])
      await openOf(fileOf({ ...envelope, ...change }));
    assert.match(String(await openOf(good, "another key of enough characters")), /key/);
    assert.equal(sent, 0);
  } finally {
    await own.close();
  }
};
