import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TlsFault } from "../case-format.ts";
import type { Network } from "./network.ts";
import { answering, get, open } from "./network.test.support.ts";
import { openNetwork } from "./open-network.ts";

let network: Network;

beforeAll(async () => {
  network = await openNetwork();
});
afterAll(async () => await network.close());

async function certificateOf(url: string): Promise<X509Certificate> {
  const socket = await open(network, url);
  if (!(socket instanceof TLSSocket)) throw new Error("no TLS");
  const certificate = socket.getPeerX509Certificate();
  socket.destroy();
  if (certificate === undefined) throw new Error("no certificate");
  return certificate;
}

test("the authority is one, and signs for the name that is asked for", async () => {
  network.begin(answering());
  const ca = new X509Certificate(network.ca);
  expect(ca.ca).toBe(true);
  expect(ca.verify(ca.publicKey)).toBe(true);
  const certificate = await certificateOf("https://as.example.com/");
  expect(certificate.ca).toBe(false);
  expect(certificate.checkIssued(ca)).toBe(true);
  expect(certificate.verify(ca.publicKey)).toBe(true);
  expect(certificate.subjectAltName).toBe("DNS:as.example.com");
  expect(certificate.checkHost("as.example.com")).toBe("as.example.com");
  expect((await certificateOf("https://as.example.com/")).raw).toEqual(certificate.raw);
});

test("each network has an authority of its own", async () => {
  const other = await openNetwork();
  try {
    network.begin(answering());
    const got = await get(network, "https://as.example.com/", { tls: { ca: other.ca } });
    expect(got.status).toBeUndefined();
    expect(got.error).toMatch(/SIGNATURE|UNABLE_TO|SELF_SIGNED/);
  } finally {
    await other.close();
  }
});

test.each(["192.168.0.200", "[::1]", "[2001:db8::ff]", "[::ffff:10.0.0.1]"])(
  "an address without a name gets a certificate for itself: %s",
  async (host) => {
    network.begin(answering());
    expect((await get(network, `https://${host}/`)).status).toBe(200);
  },
);

const refused: Readonly<Record<TlsFault, RegExp>> = {
  self_signed: /^DEPTH_ZERO_SELF_SIGNED_CERT$/,
  expired: /^CERT_HAS_EXPIRED$/,
  other_name: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
  tls_1_1: /^(EPROTO|ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION|ERR_SSL_UNSUPPORTED_PROTOCOL)$/,
  plain: /^(EPROTO|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/,
};

test.each(Object.entries(refused))("%s is refused by a client that looks", async (fault, error) => {
  const script = answering({}, { tls: { "bad.example.com": fault as TlsFault } });
  network.begin(script);
  const got = await get(network, "https://bad.example.com/");
  expect(got.status).toBeUndefined();
  expect(got.error).toMatch(error);
  expect((await get(network, "https://good.example.com/")).status).toBe(200);
  expect(script.asked.map(({ url }) => url)).toEqual(["https://good.example.com/"]);
  const [bad] = network.heard;
  expect([bad?.host, bad?.secure]).toEqual(["bad.example.com", fault !== "plain"]);
});

test.each(["self_signed", "expired", "other_name", "tls_1_1"] as const)(
  "%s is served: a client that does not look is answered, and heard",
  async (fault) => {
    network.begin(answering({}, { tls: { "bad.example.com": fault } }));
    const got = await get(network, "https://bad.example.com/secret", {
      tls: { rejectUnauthorized: false, minVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" },
    });
    expect(got.status).toBe(200);
    expect(Buffer.from(network.heard[0]?.bytes() ?? []).toString()).toContain("GET /secret ");
  },
);

test("no session is taken up again, so that each connection shows its certificate", async () => {
  network.begin(answering());
  const { address, port } = network.connectTo({ address: "10.0.0.1", port: 443 });
  const options = { host: address, port, ca: network.ca, servername: "as.example.com" };
  const request = "GET / HTTP/1.1\r\nconnection: close\r\n\r\n";
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    const first = connect({ ...options, maxVersion });
    let session: Buffer | undefined;
    first.on("session", (given) => (session = given));
    await once(first.resume(), "secureConnect");
    first.write(request);
    await once(first, "close");
    const again = connect({ ...options, maxVersion, ...(session === undefined ? {} : { session }) });
    await once(again, "secureConnect");
    expect(again.isSessionReused()).toBe(false);
    again.destroy();
  }
});
