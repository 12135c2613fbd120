/**
 * Seals tokens: AES-256-GCM-SIV under the keys of this host (RFC 8452), with the binding in clear and authenticated.
 *
 * The nonce is derived from the binding and the token, so the same pair gives the same capsule, and a repeated
 * nonce never meets a different message.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import { gcmsiv } from "@noble/ciphers/aes.js";
import type { Random, Redactor, Seal, SealBinding, SealFailure } from "../ports.ts";
import {
  type Capsule,
  capsulePrefix,
  decodeBinding,
  encodeBinding,
  encodeCapsule,
  encodeHead,
  longestSecret,
  parseCapsule,
} from "./capsule.ts";
import { RunError } from "./run-error.ts";
import { type SealingKey, sealingKeysOf } from "./sealing-keys.ts";

/** What `Seal.open` throws. */
export class SealFailureError extends Error implements SealFailure {
  override readonly name = "SealFailure" as const;
  readonly reason: SealFailure["reason"];

  constructor(reason: SealFailure["reason"]) {
    super(sealFailures[reason]);
    this.reason = reason;
  }
}

/** Every reason with its sentence. */
export const sealFailures: Readonly<Record<SealFailure["reason"], string>> = {
  malformed: "The sealed token is not well-formed.",
  altered: "The sealed token was altered.",
  unknown_key: "The sealed token was made with a key that this host does not have.",
  binding: "The sealed token belongs to another use.",
};

/** Makes the seals of runs; holds the keys. */
export interface Sealer {
  /** With `passThrough` nothing is sealed (trusted code, `reveal`), but capsules still open. */
  forRun(run: { passThrough: boolean; redactor: Redactor | null }): Seal;
}

const cachedCapsules = 1_000;
const rememberedValues = 500;

/**
 * A sealer whose first key seals and all of whose keys open. Without keys it makes a random one, and its capsules end
 * with the process.
 * @throws HARN-RUN-015 for an empty list, a key that is not 32 bytes, and a key that is there twice.
 */
export function createSealer(options: { random: Random; sealingKeys?: readonly Uint8Array[] }): Sealer {
  const { current, all } = sealingKeysOf(options.sealingKeys ?? [options.random.bytes(32)]);
  const capsules = new Map<string, string>();

  function seal(value: string, binding: SealBinding): string {
    const token = Buffer.from(value, "utf8");
    if (token.toString("utf8") !== value)
      throw new RunError("HARN-RUN-015", "A secret must be well-formed text.");
    if (token.length > longestSecret) throw new RunError("HARN-RUN-015", "A secret may not be over 128 KiB.");
    const bindingBytes = Buffer.from(encodeBinding(binding), "utf8");
    if (bindingBytes.length > 0xffff)
      throw new RunError("HARN-RUN-015", "A secret's binding is over 65,535 bytes.");
    const digest = createHmac("sha256", current.nonce)
      .update(lengthOf(bindingBytes))
      .update(bindingBytes)
      .update(token);
    const fingerprint = digest.digest();
    const name = fingerprint.toString("base64");
    const made = capsules.get(name);
    if (made !== undefined) return made;
    const nonce = new Uint8Array(fingerprint.subarray(0, 12));
    const head = encodeHead(current.id, nonce, bindingBytes);
    const capsule = encodeCapsule(
      head,
      gcmsiv(current.encryption, nonce, head).encrypt(new Uint8Array(token)),
    );
    if (capsules.size >= cachedCapsules) {
      for (const oldest of capsules.keys()) {
        capsules.delete(oldest);
        break;
      }
    }
    capsules.set(name, capsule);
    return capsule;
  }

  function unseal(text: string): { value: string; binding: SealBinding } {
    const capsule = parseCapsule(text);
    if (capsule === null) throw new SealFailureError("malformed");
    const keys = all.filter(({ id }) => Buffer.from(id).equals(capsule.keyId));
    if (keys.length === 0) throw new SealFailureError("unknown_key");
    const token = decrypted(capsule, keys);
    if (token === null) throw new SealFailureError("altered");
    const binding = decodeBinding(capsule.bindingBytes);
    if (binding === null) throw new SealFailureError("malformed");
    return { value: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(token), binding };
  }

  return {
    forRun({ passThrough, redactor }) {
      // What is shown in clear may be forgotten after a while; a script must not be able to push a sealed value out.
      const remember = registration(redactor, passThrough ? rememberedValues : Number.POSITIVE_INFINITY);
      return {
        conceal(value, binding) {
          remember(value, binding.kind);
          return passThrough ? value : seal(value, binding);
        },
        open(text, expect) {
          if (!text.startsWith(capsulePrefix)) return { value: text, binding: null };
          const opened = unseal(text);
          if (expect && !matches(opened.binding, expect)) throw new SealFailureError("binding");
          // A capsule of an earlier process may hold a value that this one has not seen yet.
          remember(opened.value, opened.binding.kind);
          return opened;
        },
      };
    },
  };
}

/**
 * Registers each value once per run, so that a token used a million times does not grow the registry's counts. The newest
 * `most` stay known.
 */
function registration(redactor: Redactor | null, most: number): (value: string, name: string) => void {
  const releases = new Map<string, () => void>();
  return (value, name) => {
    if (redactor === null || releases.has(value)) return;
    // First: a value that the redactor refuses may not pass the next time either.
    releases.set(value, redactor.register(value, name));
    for (const [oldest, release] of releases) {
      if (releases.size <= most) break;
      releases.delete(oldest);
      release();
    }
  };
}

function matches(binding: SealBinding, expect: Partial<SealBinding>): boolean {
  return (["kind", "provider", "issuer", "key"] as const).every(
    (member) => expect[member] === undefined || expect[member] === binding[member],
  );
}

/** The token, or null when none of the keys made this capsule. */
function decrypted({ head, nonce, ciphertext }: Capsule, keys: readonly SealingKey[]): Uint8Array | null {
  for (const key of keys) {
    try {
      return gcmsiv(key.encryption, nonce, head).decrypt(ciphertext);
    } catch {
      // Another key may have the same id.
    }
  }
  return null;
}

/** Framing: without it, bytes could move between the binding and the token and give the same nonce. */
function lengthOf(bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4);
  new DataView(frame.buffer).setUint32(0, bytes.length);
  return frame;
}
