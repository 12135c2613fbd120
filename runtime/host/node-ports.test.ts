import { resolve } from "node:path";
import { expect, test } from "vitest";
import type { Redactor, SealBinding } from "../ports.ts";
import { createNodePorts, type NodePortsOptions } from "./node-ports.ts";
import { systemRandom } from "./random.ts";
import { exactRedactor } from "./redactor.test.support.ts";
import { createSealer } from "./seal.ts";
import { rawServer, reply } from "./server.test.support.ts";
import { memorySink } from "./sinks.ts";

const ports = (options: Partial<NodePortsOptions> = {}) =>
  createNodePorts({ redactor: exactRedactor(), ...options });
const binding: SealBinding = { kind: "access_token", provider: "p", issuer: null, key: "k", origins: [] };

test("are those of trusted code: everything granted, nothing sealed", async () => {
  const node = ports({ env: { A: "1" } });
  expect(node.run).toMatchObject({ script: "node", trusted: true, reveal: true });
  expect(node.run.id).not.toBe(ports().run.id);
  expect(node.run.allowsNet("https://anywhere.example")).toBe(true);
  expect(node.run.storagePath("a/b")).toBe(resolve("a/b"));
  expect(node.testing).toBe(null);
  expect([node.env("A"), node.env("B")]).toEqual(["1", null]);
  expect(node.seal.conceal("a-value", binding)).toBe("a-value");
  await node.close();
});

test("know what they conceal, and open capsules of a runtime with the same key", async () => {
  const key = systemRandom().bytes(32);
  const redactor = exactRedactor();
  const node = ports({ redactor, sealingKeys: [key] });
  const sealed = createSealer({ random: systemRandom(), sealingKeys: [key] }).forRun({
    passThrough: false,
    redactor: null,
  });
  expect(node.seal.open(sealed.conceal("a-sealed-value", binding)).value).toBe("a-sealed-value");
  expect(redactor.known.has("a-sealed-value")).toBe(true);
  await node.close();
});

test("reach loopback over the real egress, and leave an event for what is refused", async () => {
  const server = await rawServer((socket) => socket.write(reply("ok")));
  const sink = memorySink();
  const node = ports({ sinks: [sink] });
  expect((await node.http.send({ method: "GET", url: server.url })).status).toBe(200);
  const credential = { origins: ["https://api.example"] };
  await expect(node.http.send({ method: "GET", url: server.url, credential })).rejects.toMatchObject({
    kind: "credential_refused",
  });
  node.log.write("info", "hello", { a: 1 });
  expect(sink.events.map(({ topic, kind, payload }) => [topic, kind, payload])).toEqual([
    ["runtime.audit", "destination_refused", { reason: "credential_refused", origin: server.url }],
    ["runtime.log", "info", { message: "hello", fields: { a: 1 } }],
  ]);
  expect(node.eventLog.events()).toEqual(sink.events);
  await node.close();
  await server.close();
});

test("find capabilities by their own names only", async () => {
  const node = ports({ capabilities: { store: { get: (params) => ({ got: params }) } } });
  expect(await node.capability("store", "get", 1)).toEqual({ got: 1 });
  for (const [name, operation] of [
    ["store", "put"],
    ["store", "constructor"],
    ["toString", "call"],
    ["none", "get"],
  ] as const)
    await expect(node.capability(name, operation, 1)).rejects.toMatchObject({ code: "HARN-RUN-010" });
  await node.close();
});

test("close waits for work that outlives its caller, also for work that it starts", async () => {
  const node = ports();
  const done: string[] = [];
  const later = (name: string) => new Promise<void>((go) => setTimeout(() => (done.push(name), go()), 30));
  node.run.outlive(
    later("first").then(() => {
      node.run.outlive(later("second"));
      throw new Error("its failure is its own");
    }),
  );
  await node.close();
  expect(done).toEqual(["first", "second"]);
  expect(node.run.signal.aborted).toBe(true);
});

test("refuse a sink behind a redactor that lets tokens through", () => {
  const open = exactRedactor();
  const leaky: Redactor = { ...open, redactValue: (value) => value, fork: () => leaky };
  expect(() => ports({ redactor: leaky, sinks: [memorySink()] })).toThrow("lets a token through");
});
