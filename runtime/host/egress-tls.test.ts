import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { get } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { afterEach, expect, test } from "vitest";
import type { HttpFailure } from "../ports.ts";
import { createEgress } from "./egress.ts";
import { trustedPolicy } from "./net-policy.ts";
import { reply } from "./server.test.support.ts";

const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  while (cleanup.length > 0) await cleanup.pop()?.();
});

/** One DER element (X.690): tag, length, content. */
function der(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

/** The smallest certificate there is: X.509 version 1, Ed25519, signed by itself (RFC 5280, RFC 8410). */
function selfSigned(name: string): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const algorithm = der(0x30, der(0x06, Buffer.from([0x2b, 0x65, 0x70])));
  const commonName = der(0x30, der(0x06, Buffer.from([0x55, 0x04, 0x03])), der(0x0c, Buffer.from(name)));
  const names = der(0x30, der(0x31, commonName));
  const validity = der(
    0x30,
    der(0x17, Buffer.from("200101000000Z")),
    der(0x17, Buffer.from("491231235959Z")),
  );
  const subjectKey = publicKey.export({ type: "spki", format: "der" });
  const body = der(0x30, der(0x02, Buffer.from([1])), algorithm, names, validity, names, subjectKey);
  const signature = der(0x03, Buffer.from([0]), sign(null, body, privateKey));
  const certificate = der(0x30, body, algorithm, signature).toString("base64");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
  };
}

test("a self-signed certificate is refused, also when the environment switches verification off", async () => {
  const requests: string[] = [];
  const server = createServer(selfSigned("localhost"), (socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      requests.push(data.toString("latin1"));
      socket.end(reply("ok"));
    });
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanup.push(() => new Promise((resolve) => server.close(resolve)));
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
  const egress = createEgress({ lookup: async () => [{ address: "127.0.0.1", family: 4 }] });
  cleanup.push(egress.close);
  const http = egress.http({ policy: trustedPolicy, seal: { open: (value) => ({ value, binding: null }) } });

  const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  try {
    // The environment does switch off Node's own client: the server itself works.
    const control = get(url.replace("localhost", "127.0.0.1"));
    const [answer] = (await once(control, "response")) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).toBe(200);

    for (const freshSocket of [false, true]) {
      const error = await http.send({ method: "GET", url, freshSocket }).then(
        () => null,
        (reason: unknown) => reason as HttpFailure,
      );
      expect([error?.kind, error?.sent]).toEqual(["connect", false]);
      expect(error?.message).toContain("the certificate was not accepted");
    }
    expect(requests.length).toBe(1);
  } finally {
    if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
  }
});
