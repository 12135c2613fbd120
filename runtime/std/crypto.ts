/**
 * `std/crypto`: random bytes, SHA-256, HMAC and base64url, computed on the host.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import { plain } from "../plugin.ts";
import type { Ports } from "../ports.ts";
import { bytes, integerWithin, invalid, text } from "./arguments.ts";

/** What a script imports from `std/crypto`. Strings are taken as UTF-8. All throw HARN-RUN-015. */
export type CryptoModule = {
  /** `n` random bytes, at most 65,536. */
  readonly random_bytes: (n: number) => Uint8Array;
  /** SHA-256 (FIPS 180-4), 32 bytes. */
  readonly sha256: (data: string | Uint8Array) => Uint8Array;
  /** SHA-256 as 64 lower-case hex digits. */
  readonly sha256_hex: (data: string | Uint8Array) => string;
  /** HMAC-SHA-256 (RFC 2104), 32 bytes. */
  readonly hmac_sha256: (key: string | Uint8Array, data: string | Uint8Array) => Uint8Array;
  /** base64url without padding (RFC 4648 section 5). */
  readonly base64url_encode: (data: string | Uint8Array) => string;
  /** The bytes of the one base64url text that `base64url_encode` gives for them; padding or stray bits are refused. */
  readonly base64url_decode: (text: string) => Uint8Array;
  /** A random UUID (RFC 9562 version 4). */
  readonly random_uuid: () => string;
};

/** Makes `std/crypto` over the run's random source. */
export function cryptoModule(ports: Ports): CryptoModule {
  return {
    random_bytes: plain((n: unknown) =>
      ports.random.bytes(integerWithin("std/crypto: random_bytes", "n", n, 0, 65_536)),
    ),
    sha256: plain((data: unknown) => new Uint8Array(digest(bytes("std/crypto: sha256", "data", data)))),
    sha256_hex: plain((data: unknown) =>
      digest(bytes("std/crypto: sha256_hex", "data", data)).toString("hex"),
    ),
    hmac_sha256: plain((key: unknown, data: unknown) => {
      const place = "std/crypto: hmac_sha256";
      const mac = createHmac("sha256", bytes(place, "key", key)).update(bytes(place, "data", data));
      return new Uint8Array(mac.digest());
    }),
    base64url_encode: plain((data: unknown) =>
      base64url(bytes("std/crypto: base64url_encode", "data", data)),
    ),
    base64url_decode: plain((encoded: unknown) => {
      const place = "std/crypto: base64url_decode";
      const source = text(place, "text", encoded);
      const decoded = new Uint8Array(Buffer.from(source, "base64url"));
      // Buffer skips what it does not know; only the canonical text survives the way back.
      if (base64url(decoded) !== source) throw invalid(place, "text must be base64url without padding");
      return decoded;
    }),
    random_uuid: plain(() => {
      const random = Buffer.from(ports.random.bytes(16));
      random.writeUInt8((random.readUInt8(6) & 0x0f) | 0x40, 6);
      random.writeUInt8((random.readUInt8(8) & 0x3f) | 0x80, 8);
      return random.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    }),
  };
}

function digest(data: Uint8Array): Buffer {
  return createHash("sha256").update(data).digest();
}

function base64url(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64url");
}
