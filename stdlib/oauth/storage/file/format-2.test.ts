import { createDecipheriv, createHash, hkdfSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry } from "../entry.ts";
import { FileKey } from "./file-key.ts";
import { sealEnvelope } from "./format-2.ts";
import { decryptFile } from "./read-file.ts";

const material = new Uint8Array(createHash("sha256").update("a raw key").digest());
const key = new FileKey("raw", material);
const kdf = key.newKdf(new Uint8Array(32).fill(2));
const store = { kdf, store_id: Buffer.alloc(16, 3).toString("base64url"), counter: 5 };
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
  return sealEnvelope(store, await key.root(kdf), writeSalt, entries);
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

const two = new Map([
  ["one", entry("one")],
  ["two", entry("two")],
]);

describe("a file of format 2", () => {
  test("comes back as it was, with its header", async () => {
    const text = await fileOf(two);
    expect(await decryptFile(new TextEncoder().encode(text), key)).toEqual({ entries: two, header: store });
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

  test("can be read with node:crypto alone, from the description", async () => {
    const file = JSON.parse(await fileOf(two)) as Record<string, string> & {
      kdf: { salt: string };
      entries: string[];
    };
    const derive = (ikm: Uint8Array, salt: Uint8Array, info: string, length = 32): Buffer =>
      Buffer.from(hkdfSync("sha256", ikm, salt, info, length));
    const bytes = (text: string | undefined): Buffer => Buffer.from(text ?? "", "base64url");
    const root = derive(material, bytes(file.kdf.salt), "holdfast-token-store root");
    const none = new Uint8Array();
    expect(file["key_check"]).toBe(derive(root, none, "holdfast-token-store 2 check").toString("base64url"));
    expect(file["key_id"]).toBe(derive(root, none, "holdfast-token-store 2 id", 8).toString("base64url"));
    const writeKey = derive(root, bytes(file["write_salt"]), "holdfast-token-store 2 write");
    const open = (n: number, data: string, ciphertext: Buffer): unknown => {
      const nonce = Buffer.alloc(12);
      nonce.writeUInt32BE(n, 8);
      const decipher = createDecipheriv("aes-256-gcm", writeKey, nonce);
      decipher.setAAD(Buffer.from(data)).setAuthTag(ciphertext.subarray(-16));
      return JSON.parse(
        Buffer.concat([decipher.update(ciphertext.subarray(0, -16)), decipher.final()]).toString(),
      );
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
  test("every single-bit flip is refused", async () => {
    const bytes = new TextEncoder().encode(await fileOf(new Map([["k", entry("k")]])));
    const seen = new Set<string>();
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      seen.add(await faultOf(flipped));
    }
    const known = ["damaged", "truncated", "not a token store", "format version"];
    for (const fault of seen) {
      expect(fault).toMatch(/^HARN-OAU-010: /);
      // Never blamed on the key.
      expect(known.some((word) => fault.includes(word))).toBe(true);
    }
  });

  test("every truncation is refused as one", async () => {
    const bytes = new TextEncoder().encode(await fileOf(new Map([["k", entry("k")]])));
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
      key_id: Buffer.alloc(8).toString("base64url"),
      store_id: Buffer.alloc(16).toString("base64url"),
      counter: 6,
      write_salt: Buffer.alloc(32).toString("base64url"),
    };
    for (const [name, value] of Object.entries(changes)) {
      expect(await faultOf(forged(text, (members) => (members[name] = value)))).toContain("damaged");
    }
    const check = forged(text, (members) => (members["key_check"] = Buffer.alloc(32).toString("base64url")));
    expect(await faultOf(check)).toContain("the key is not the one");
  });

  test("cannot drop, add, repeat or swap entries, or bring them from another write", async () => {
    const text = await fileOf(two);
    const other = sealEnvelope(store, await key.root(kdf), new Uint8Array(32).fill(5), two);
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
      const file = forged(text, (members) => (members["kdf"] = { name: "scrypt", salt, n, r, p }));
      expect(await faultOf(file, passphrase)).toContain("over the limit");
    }
    for (const n of [0, 1, 3, -2, 2.5, "16384"]) {
      const file = forged(text, (members) => (members["kdf"] = { name: "scrypt", salt, n, r: 8, p: 1 }));
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
