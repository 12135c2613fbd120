/**
 * Certificates that an embedder trusts beside Node's own.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import tls, { createSecureContext, type SecureContext } from "node:tls";
import { RunError } from "./run-error.ts";

/** The oldest TLS that is spoken. */
export const minTlsVersion = "TLSv1.2";

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The single certificates in PEM texts.
 * @throws RunError HARN-RUN-015 when a text holds none, or one that is broken.
 */
export function judgeCertificates(given: unknown): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(given) ? given : [given];
  const certificates = texts.flatMap((text) => {
    const found = typeof text === "string" ? (text.match(block) ?? []) : [];
    if (found.length === 0 || !found.every(isCertificate)) throw invalid();
    return found;
  });
  if (certificates.length === 0) throw invalid();
  return certificates;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function invalid(): RunError {
  return new RunError("HARN-RUN-015", "egress: ca is not a list of certificates", {
    hint: "Give PEM texts: -----BEGIN CERTIFICATE----- and what follows.",
  });
}

/** Contexts by their certificates: to read all that Node trusts takes tens of milliseconds. */
const contexts = new Map<string, SecureContext>();
const keptContexts = 10;

/** Trusts these certificates and all that Node trusts by itself, which Node's own option `ca` would replace. */
export function trusting(certificates: readonly string[]): SecureContext {
  const name = certificates.join();
  const made =
    contexts.get(name) ??
    createSecureContext({ minVersion: minTlsVersion, ca: [...nodesOwn(), ...certificates] });
  if (contexts.size >= keptContexts) contexts.clear();
  contexts.set(name, made);
  return made;
}

/** What Node trusts: its list, or the system's, and the file that NODE_EXTRA_CA_CERTS names. */
function nodesOwn(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: "default") => readonly string[] };
  // From Node 22.15 on it says so itself.
  if (getCACertificates !== undefined) return getCACertificates("default");
  const extra = process.env["NODE_EXTRA_CA_CERTS"];
  if (!extra) return tls.rootCertificates;
  try {
    return [
      ...tls.rootCertificates,
      ...(readFileSync(extra, "latin1").match(block) ?? []).filter(isCertificate),
    ];
  } catch {
    // As Node does: it goes on without.
    return tls.rootCertificates;
  }
}
