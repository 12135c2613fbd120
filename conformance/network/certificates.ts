/**
 * The network's certificates: an authority that is made anew with each network, and what it signs for every host that
 * is asked for (X.509 version 3, RFC 5280).
 *
 * @module
 */

import { constants, createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP, isIPv4 } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import type { TlsFault } from "../case-format.ts";
import { bitString, der, integer, oid, sequence, time } from "./der.ts";

/** An authority, and what its hosts serve TLS with. */
export interface Authority {
  /** Its own certificate, PEM. */
  readonly ca: string;
  /** What a host or an address serves TLS with; a fault makes it wrong. Made once for each. */
  contextOf(host: string, fault: CertificateFault | null): SecureContext;
}

/** The faults that a TLS server can have; `plain` is none. */
export type CertificateFault = Exclude<TlsFault, "plain">;

interface Certificate {
  readonly subject: string;
  readonly issuer: string;
  readonly from: Date;
  readonly to: Date;
  readonly publicKey: KeyObject;
  readonly signedBy: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  /** Null: it is an authority. */
  readonly host: string | null;
}

const day = 86_400_000;
const authorityName = "Conformance authority";
const serverName = "Conformance server";
/** More hosts than this are not remembered. */
const remembered = 1_000;

/** Makes an authority. All its hosts share one key: making keys is what takes time. */
export function createAuthority(): Authority {
  // P-256 with SHA-256 is what every TLS client takes, TLS 1.1 included; Ed25519 is not.
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serverKeys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serverKey = serverKeys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const from = new Date(Date.now() - day);
  const to = new Date(Date.now() + 3650 * day);
  const contexts = new Map<string, SecureContext>();

  const ca = certificate({
    subject: authorityName,
    issuer: authorityName,
    from,
    to,
    publicKey: keys.publicKey,
    signedBy: keys,
    host: null,
  });

  function certificateOf(host: string, fault: CertificateFault | null): string {
    return certificate({
      subject: serverName,
      issuer: fault === "self_signed" ? serverName : authorityName,
      from: fault === "expired" ? new Date(from.getTime() - 30 * day) : from,
      to: fault === "expired" ? from : to,
      publicKey: serverKeys.publicKey,
      signedBy: fault === "self_signed" ? serverKeys : keys,
      host: fault === "other_name" ? "other.invalid" : host,
    });
  }

  return {
    ca,
    contextOf(host, fault) {
      const key = `${fault ?? ""} ${host}`;
      const known = contexts.get(key);
      if (known !== undefined) return known;
      const context = createSecureContext({
        key: serverKey,
        cert: certificateOf(host, fault),
        // Every connection has a whole handshake, so each one judges the certificate.
        secureOptions: constants.SSL_OP_NO_TICKET,
        ...(fault === "tls_1_1" ? oldTls : { minVersion: "TLSv1.2" }),
      });
      if (contexts.size >= remembered) contexts.clear();
      contexts.set(key, context);
      return context;
    },
  };
}

/** Without the security level, OpenSSL 3 does not serve it at all. */
const oldTls = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" } as const;

/** Makes and signs one, PEM. */
function certificate(parts: Certificate): string {
  const { signedBy } = parts;
  const algorithm = sequence(oid("1.2.840.10045.4.3.2"));
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    commonName(parts.issuer),
    sequence(time(parts.from), time(parts.to)),
    commonName(parts.subject),
    spki(parts.publicKey),
    der(0xa3, sequence(...extensionsOf(parts))),
  );
  const whole = sequence(body, algorithm, bitString(sign("sha256", body, signedBy.privateKey)));
  const lines = whole.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

/** RFC 5280 §4.2.1: key identifiers, basic constraints, key usage, and for a server its name. */
function extensionsOf({ host, publicKey, signedBy }: Certificate): readonly Buffer[] {
  const forKeys = [
    extension("2.5.29.14", false, der(0x04, keyId(publicKey))),
    extension("2.5.29.35", false, sequence(der(0x80, keyId(signedBy.publicKey)))),
  ];
  const yes = der(0x01, Buffer.from([0xff]));
  if (host === null)
    return [
      ...forKeys,
      extension("2.5.29.19", true, sequence(yes)),
      extension("2.5.29.15", true, bitString(Buffer.from([0b0000_0110]), 1)),
    ];
  return [
    ...forKeys,
    extension("2.5.29.19", true, sequence()),
    extension("2.5.29.15", true, bitString(Buffer.from([0b1000_0000]), 7)),
    extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1"))),
    extension("2.5.29.17", false, sequence(alternativeName(host))),
  ];
}

function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  const mark = critical ? [der(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...mark, der(0x04, value));
}

function commonName(name: string): Buffer {
  return sequence(der(0x31, sequence(oid("2.5.4.3"), der(0x0c, Buffer.from(name)))));
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

function keyId(key: KeyObject): Buffer {
  return createHash("sha256").update(spki(key)).digest().subarray(0, 20);
}

function alternativeName(host: string): Buffer {
  return isIP(host) === 0 ? der(0x82, Buffer.from(host, "latin1")) : der(0x87, addressBytes(host));
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  // A URL writes every form of an IPv6 address the same way, an IPv4 part in hex too.
  const plain = new URL(`http://[${address.replace(/%.*/, "")}]`).hostname.slice(1, -1);
  const [left = [], right = []] = plain.split("::").map((side) => side.split(":").filter(Boolean));
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  const groups = [...left, ...zeros, ...right];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}
