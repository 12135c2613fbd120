import { createHash, hkdfSync } from "node:crypto";
import { gcm } from "@noble/ciphers/aes.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "../entry.ts";
import { FileKey } from "./file-key.ts";
import { sealEnvelope, type StoreHeader } from "./format-2.ts";
import { makeSlot } from "./key-slot.ts";
import { decryptFile } from "./read-file.ts";

const material = new Uint8Array(createHash("sha256").update("a raw key").digest());
const key = new FileKey("raw", material);
const store_id = Buffer.alloc(16, 3).toString("base64url");
const root = new Uint8Array(32).fill(7);
const slot = await makeSlot(key, root, store_id, { bytes: (length) => new Uint8Array(length).fill(2) });
const store: StoreHeader = { holds: "tokens", keys: [slot], store_id, counter: 5 };
const writeSalt = new Uint8Array(32).fill(4);

function entry(label: string): Entry {
  return {
    token_set: { access_token: `access ${label}`, token_type: "Bearer", refresh_token: `refresh ${label}` },
    ttl_seconds: 60,
    binding: { provider: "p", issuer: null, token_origin: "https://as", resource_origins: ["https://rs"] },
    generation: `generation ${label}`,
    version: 2,
    updated_at_unix: 3,
    intent: { refresh_hash: "hash", started_at_unix: 4 },
  };
}

async function fileOf(entries: ReadonlyMap<string, Entry>): Promise<string> {
  return sealEnvelope(store, root, writeSalt, entries);
}

async function faultOf(bytes: Uint8Array | string, of: FileKey = key): Promise<string> {
  const given = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  return await decryptFile(given, of).then(
    () => "accepted",
    (error: unknown) => String(error),
  );
}

/** The file with some members changed and the digest made right again, as one who knows the format could. */
function forged(text: string, change: (members: Record<string, unknown>) => void): string {
  const members = JSON.parse(text) as Record<string, unknown>;
  delete members["digest"];
  change(members);
  const body = JSON.stringify(members).slice(0, -1);
  return `${body},"digest":"${createHash("sha256").update(body).digest("base64url")}"}\n`;
}

/** For `forged`: another key derivation. */
function withKdf(kdf: object): (members: Record<string, unknown>) => void {
  return (members) => {
    members["keys"] = [{ ...(members["keys"] as object[])[0], kdf }];
  };
}

const otherKey = new FileKey("raw", new Uint8Array(32).fill(8));
const two = new Map([
  ["one", entry("one")],
  ["two", entry("two")],
]);

describe("a file of format 2", () => {
  test("comes back as it was, with its header", async () => {
    const text = await fileOf(two);
    expect(await decryptFile(new TextEncoder().encode(text), key)).toEqual({
      entries: two,
      found: { header: store, root, slot },
    });
  });

  test("comes back for any keys, the text being the one canonical text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.string({ minLength: 1, unit: "grapheme" }), { maxLength: 4 }),
        async (keys) => {
          const entries = new Map(keys.map((name) => [name, entry(name)]));
          const { entries: found } = await decryptFile(new TextEncoder().encode(await fileOf(entries)), key);
          expect(found).toEqual(entries);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("shows no token, no storage key and no file key", async () => {
    const text = await fileOf(new Map([["github:alice", entry("alice")]]));
    expect(text).not.toMatch(/alice|https|Bearer/);
    expect(text).not.toContain(Buffer.from(material).toString("base64url").slice(0, 16));
  });

  test("can be read with other implementations, from the description", async () => {
    const file = JSON.parse(await fileOf(two)) as Record<string, string> & {
      keys: [{ kdf: { salt: string }; id: string; check: string; wrapped: string }];
      entries: string[];
    };
    const derive = (ikm: Uint8Array, salt: Uint8Array, info: string, length = 32): Buffer =>
      Buffer.from(hkdfSync("sha256", ikm, salt, info, length));
    const bytes = (text: string | undefined): Buffer => Buffer.from(text ?? "", "base64url");
    const [slotText] = file.keys;
    const none = new Uint8Array();
    const wrapping = derive(material, bytes(slotText.kdf.salt), "holdfast-token-store key");
    expect(slotText.id).toBe(derive(wrapping, none, "holdfast-token-store 2 id", 8).toString("base64url"));
    expect(slotText.check).toBe(derive(wrapping, none, "holdfast-token-store 2 check").toString("base64url"));
    const decrypt = (key: Buffer, nonce: Buffer, data: string, ciphertext: Buffer): Buffer =>
      Buffer.from(gcm(key, nonce, Buffer.from(data)).decrypt(ciphertext));
    const unwrapped = decrypt(
      derive(wrapping, none, "holdfast-token-store 2 wrap"),
      Buffer.alloc(12),
      JSON.stringify(["holdfast-token-store 2", file["store_id"]]),
      bytes(slotText.wrapped),
    );
    expect(unwrapped).toEqual(Buffer.from(root));
    const writeKey = derive(unwrapped, bytes(file["write_salt"]), "holdfast-token-store 2 write");
    const open = (n: number, data: string, ciphertext: Buffer): unknown => {
      const nonce = Buffer.alloc(12);
      nonce.writeUInt32BE(n, 8);
      return JSON.parse(decrypt(writeKey, nonce, data, ciphertext).toString());
    };
    const { index, entries, digest: _, ...header } = file;
    const rows = open(0, JSON.stringify(header).slice(0, -1), bytes(index)) as [
      string,
      number,
      string,
      string,
    ][];
    expect(rows.map((row) => row.slice(0, 3))).toEqual([
      ["one", 2, "generation one"],
      ["two", 2, "generation two"],
    ]);
    const data = JSON.stringify([
      "holdfast-token-store 2",
      file["store_id"],
      ...(rows[1]?.slice(0, 3) ?? []),
    ]);
    expect(open(2, data, bytes(entries[1]))).toEqual(entry("two"));
  });
});

describe("damage", () => {
  /** About 4 KiB, with two keys and as many entries as that takes. */
  async function smallFile(): Promise<Uint8Array> {
    const second = await makeSlot(otherKey, root, store_id, {
      bytes: (length) => new Uint8Array(length).fill(9),
    });
    const entries = new Map(
      ["one", "two", "three", "four", "five", "six"].map((name) => [name, entry(name)]),
    );
    const bytes = new TextEncoder().encode(
      sealEnvelope({ ...store, keys: [slot, second] }, root, writeSalt, entries),
    );
    expect(Math.abs(bytes.length - 4096)).toBeLessThan(512);
    return bytes;
  }

  /** Each bit under `npm run test:deep`, else each eleventh, which meets every bit of a byte and every kind of member. */
  const step = process.env["HOLDFAST_DEEP"] === undefined ? 11 : 1;

  function* flips(bytes: Uint8Array): Generator<Uint8Array> {
    for (let bit = 0; bit < bytes.length * 8; bit += step) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      yield flipped;
    }
  }

  test("every single-bit flip is refused, and never blamed on the key", { timeout: 600_000 }, async () => {
    const known = /^HARN-OAU-010: .*(damaged|truncated|not a token store|format version)/;
    const wrongKey = new FileKey("raw", new Uint8Array(32).fill(9));
    for (const flipped of flips(await smallFile()))
      for (const of of [key, wrongKey]) expect(await faultOf(flipped, of)).toMatch(known);
  });

  test("every single-bit flip is refused too when the digest is made right again", {
    timeout: 600_000,
  }, async () => {
    const known =
      /^HARN-OAU-010: .*(damaged|truncated|not a token store|format version|the key is not|kind of key|over the limit)/;
    const bytes = await smallFile();
    const good = Buffer.from(bytes).toString("latin1");
    for (const flipped of flips(bytes)) {
      const text = Buffer.from(flipped).toString("latin1");
      const at = text.lastIndexOf(',"digest":"');
      if (at < 0) continue;
      const digest = createHash("sha256").update(flipped.subarray(0, at)).digest("base64url");
      const forgery = `${text.slice(0, at)},"digest":"${digest}"}\n`;
      // A bit of the digest itself: that is the good file again.
      if (forgery === good) continue;
      expect(await faultOf(Buffer.from(forgery, "latin1"))).toMatch(known);
    }
  });

  test("every truncation is refused as one", async () => {
    const bytes = await smallFile();
    for (let length = 0; length < bytes.length; length += 1) {
      expect(await faultOf(bytes.subarray(0, length))).toContain("truncated");
    }
  });

  test("a wrong key is told from damage", async () => {
    const text = await fileOf(two);
    expect(await faultOf(text, new FileKey("raw", new Uint8Array(32).fill(9)))).toContain(
      "the key is not the one",
    );
    expect(await faultOf(text, new FileKey("passphrase", material))).toContain("the other kind of key");
  });

  test("anything but the canonical text is refused", async () => {
    const text = await fileOf(two);
    const spellings = [
      text.replace(",", ", "),
      text.replace('"version":2', '"version":2,"version":2'),
      text.replace('"version":2', '"version":2.0'),
      text.replace('"counter":5', '"counter":5e0'),
      text.replace('"magic"', '"m\\u0061gic"'),
      `${text}\n`,
      `\ufeff${text}`,
      text.replace('"}\n', '","more":1}\n'),
    ];
    for (const spelling of spellings) expect(await faultOf(spelling)).toMatch(/^HARN-OAU-010: /);
  });
});

describe("a forger who can make the digest right", () => {
  test("cannot change the header", async () => {
    const text = await fileOf(two);
    const changes: Record<string, unknown> = {
      holds: "secrets",
      store_id: Buffer.alloc(16).toString("base64url"),
      counter: 6,
      write_salt: Buffer.alloc(32).toString("base64url"),
    };
    for (const [name, value] of Object.entries(changes)) {
      expect(await faultOf(forged(text, (members) => (members[name] = value)))).toContain("damaged");
    }
    const none = (length: number): string => Buffer.alloc(length).toString("base64url");
    const slots: [Record<string, string>, string][] = [
      [{ id: none(8) }, "damaged"],
      [{ wrapped: none(48) }, "damaged"],
      [{ check: none(32) }, "the key is not the one"],
    ];
    for (const [change, fault] of slots) {
      const file = forged(text, (members) => {
        members["keys"] = [{ ...(members["keys"] as object[])[0], ...change }];
      });
      expect(await faultOf(file)).toContain(fault);
    }
  });

  test("cannot give the file a key, or take one away", async () => {
    const random = { bytes: (length: number) => new Uint8Array(length).fill(9) };
    const second = await makeSlot(otherKey, root, store_id, random);
    const both = sealEnvelope({ ...store, keys: [slot, second] }, root, writeSalt, two);
    for (const of of [key, otherKey]) expect(await faultOf(both, of)).toBe("accepted");
    const one = await fileOf(two);
    const slotsOf = (text: string): unknown[] => (JSON.parse(text) as { keys: unknown[] }).keys;
    const changes: [string, unknown[]][] = [
      [one, slotsOf(both)],
      [both, slotsOf(one)],
      [both, slotsOf(both).toReversed()],
      [both, [...slotsOf(both), ...slotsOf(one)]],
      [one, []],
      [one, Array<unknown>(5).fill(slotsOf(one)[0])],
    ];
    for (const [text, keys] of changes) {
      expect(await faultOf(forged(text, (members) => (members["keys"] = keys)))).toContain("damaged");
    }
    // A slot of another store leads nowhere here.
    const foreign = await makeSlot(key, root, Buffer.alloc(16, 4).toString("base64url"), random);
    expect(await faultOf(sealEnvelope({ ...store, keys: [foreign] }, root, writeSalt, two))).toContain(
      "damaged",
    );
  });

  test("cannot drop, add, repeat or swap entries, or bring them from another write", async () => {
    const text = await fileOf(two);
    const other = sealEnvelope(store, root, new Uint8Array(32).fill(5), two);
    const [foreign] = (JSON.parse(other) as { entries: string[] }).entries;
    const changes: ((entries: string[]) => string[])[] = [
      ([one = ""]) => [one],
      ([, second = ""]) => [second],
      () => [],
      ([one = "", second = ""]) => [second, one],
      ([one = "", second = ""]) => [one, second, second],
      ([one = ""]) => [one, one],
      ([, second = ""]) => [foreign ?? "", second],
    ];
    for (const change of changes) {
      const file = forged(text, (members) => (members["entries"] = change(members["entries"] as string[])));
      expect(await faultOf(file)).toContain("damaged");
    }
  });

  test("cannot ask for a costly key derivation", async () => {
    const text = await fileOf(two);
    const salt = Buffer.alloc(32).toString("base64url");
    const passphrase = new FileKey("passphrase", material);
    for (const [n, r, p] of [
      [2 ** 21, 1, 1],
      [2 ** 10, 17, 1],
      [2 ** 10, 8, 5],
      [2 ** 20, 8, 1],
    ]) {
      const file = forged(text, withKdf({ name: "scrypt", salt, n, r, p }));
      expect(await faultOf(file, passphrase)).toContain("over the limit");
    }
    for (const n of [0, 1, 3, -2, 2.5, "16384"]) {
      const file = forged(text, withKdf({ name: "scrypt", salt, n, r: 8, p: 1 }));
      expect(await faultOf(file, passphrase)).toContain("damaged");
    }
  });

  test("gets no further with other versions or content", async () => {
    const text = await fileOf(two);
    expect(await faultOf(forged(text, (members) => (members["version"] = 3)))).toContain("format version");
    expect(await faultOf(forged(text, (members) => (members["version"] = 1)))).toContain("format version");
    expect(await faultOf("{}\n")).toContain("not a token store");
    expect(await faultOf("[]")).toContain("not a token store");
    expect(await faultOf("ssh-ed25519 AAAA")).toContain("not a token store");
    expect(await faultOf(Uint8Array.of(0xff, 0xfe))).toContain("not a token store");
  });
});
