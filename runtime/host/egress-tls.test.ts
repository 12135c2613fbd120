import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { HttpFailure } from "../ports.ts";
import { type SecureServer, secureServer, selfSigned } from "./certificate.test.support.ts";
import { createEgress, type EgressOptions, type Lookup } from "./egress.ts";
import { trustedPolicy } from "./net-policy.ts";
import { reply } from "./server.test.support.ts";

const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  while (cleanup.length > 0) await cleanup.pop()?.();
});

async function serve(name: string): Promise<SecureServer> {
  const server = await secureServer(name, reply("ok"));
  cleanup.push(server.close);
  return server;
}

const lookup: Lookup = async () => [{ address: "127.0.0.1", family: 4 }];

function sender(options: EgressOptions = {}) {
  const egress = createEgress({ lookup, ...options });
  cleanup.push(egress.close);
  const http = egress.http({ policy: trustedPolicy, seal: { open: (value) => ({ value, binding: null }) } });
  return (url: string, freshSocket = false) => http.send({ method: "GET", url, freshSocket });
}

async function failure(work: Promise<unknown>): Promise<HttpFailure | null> {
  return await work.then(
    () => null,
    (reason: unknown) => reason as HttpFailure,
  );
}

test("a self-signed certificate is refused, also when the environment switches verification off", async () => {
  const server = await serve("localhost");
  const url = `https://localhost:${server.port}/`;
  const send = sender();
  const before = process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
  process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
  try {
    // The environment does switch off Node's own client: the server itself works.
    const control = get(url.replace("localhost", "127.0.0.1"));
    const [answer] = (await once(control, "response")) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).toBe(200);

    for (const freshSocket of [false, true]) {
      const error = await failure(send(url, freshSocket));
      expect([error?.kind, error?.sent]).toEqual(["connect", false]);
      expect(error?.message).toContain("the certificate was not accepted");
    }
    expect(server.requests.length).toBe(1);
  } finally {
    if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
  }
});

test("a certificate in ca is trusted, for its own name only, on kept and fresh connections", async () => {
  const server = await serve("api.example");
  const other = await serve("other.example");
  for (const ca of [server.cert, [other.cert, server.cert], `${other.cert}\n${server.cert}`]) {
    const send = sender({ ca });
    for (const freshSocket of [false, false, true]) {
      expect((await send(`https://api.example:${server.port}/`, freshSocket)).status).toBe(200);
      const foreign = await failure(send(`https://evil.example:${server.port}/`, freshSocket));
      expect([foreign?.kind, foreign?.sent]).toEqual(["connect", false]);
    }
  }
  expect((await failure(sender({ ca: other.cert })(`https://api.example:${server.port}/`)))?.kind).toBe(
    "connect",
  );
});

test("ca adds to what Node trusts, NODE_EXTRA_CA_CERTS included", async () => {
  const [one, two, three] = [
    await serve("one.example"),
    await serve("two.example"),
    await serve("three.example"),
  ];
  const folder = await mkdtemp(join(tmpdir(), "holdfast-ca-"));
  cleanup.push(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "extra.pem"), one.cert);
  const script = `
    import { rootCertificates } from "node:tls";
    import { createEgress } from ${JSON.stringify(new URL("./egress.js", import.meta.url).href)};
    const egress = createEgress({ ca: ${JSON.stringify(two.cert)}, lookup: async () => [{ address: "127.0.0.1", family: 4 }] });
    const policy = { allows: () => true, names: () => true };
    const http = egress.http({ policy, seal: { open: (value) => ({ value, binding: null }) } });
    const ends = [];
    for (const url of process.argv.slice(1))
      ends.push(await http.send({ method: "GET", url }).then(({ status }) => status, ({ kind }) => kind));
    await egress.close();
    console.log(ends.join());
  `;
  const urls = [one, two, three].map(
    ({ port }, i) => `https://${["one", "two", "three"][i]}.example:${port}/`,
  );
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, ...urls], {
    env: { PATH: process.env["PATH"], NODE_EXTRA_CA_CERTS: join(folder, "extra.pem") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => {
    output += data.toString();
  });
  await once(child, "close");
  expect(output.trim()).toBe("200,200,connect");
});

test("a process with kept TLS connections, and long limits, ends by itself", async () => {
  const server = await serve("api.example");
  const script = `
    import { createEgress } from ${JSON.stringify(new URL("./egress.js", import.meta.url).href)};
    const hour = 3_600_000;
    const egress = createEgress({
      ca: ${JSON.stringify(server.cert)},
      lookup: async () => [{ address: "127.0.0.1", family: 4 }],
      limits: { connectMs: hour, firstByteMs: hour, idleMs: hour, totalMs: hour },
    });
    const policy = { allows: () => true, names: () => true };
    const http = egress.http({ policy, seal: { open: (value) => ({ value, binding: null }) } });
    const ask = (url, freshSocket) =>
      http.send({ method: "GET", url, freshSocket, timeoutMs: hour }).then(({ status }) => status, ({ kind }) => kind);
    const ends = [];
    for (const url of process.argv.slice(1))
      for (const freshSocket of [false, true]) ends.push(await ask(url, freshSocket));
    console.log(ends.join());
  `;
  const urls = [
    `https://api.example:${server.port}/`,
    `https://evil.example:${server.port}/`,
    "http://localhost:1/",
  ];
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, ...urls], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (data: Buffer) => {
    output += data.toString();
  });
  const [code] = (await once(child, "close")) as [number];
  expect([code, output.trim()]).toEqual([0, "200,200,connect,connect,connect,connect"]);
});

test.each([
  ["no PEM", "certificate"],
  ["an empty list", []],
  ["a key", selfSigned("a").key],
  ["a broken certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"],
  ["a good one and nothing", [selfSigned("a").cert, ""]],
  ["bytes", Buffer.from(selfSigned("a").cert) as unknown as string],
])("a ca that is %s is HARN-RUN-015", (_name, ca) => {
  expect(() => createEgress({ ca })).toThrow(
    expect.objectContaining({ code: "HARN-RUN-015", message: expect.stringContaining("ca") }),
  );
});
