import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createEgress, type Egress, type EgressOptions } from "../../runtime/host/egress.ts";
import { trustedPolicy } from "../../runtime/host/net-policy.ts";
import type { HttpFailure } from "../../runtime/ports.ts";
import type { TlsFault } from "../case-format.ts";
import type { Network, NetworkScript } from "./network.ts";
import { answering } from "./network.test.support.ts";
import { openNetwork } from "./open-network.ts";

let network: Network;
const opened: Egress[] = [];

beforeAll(async () => {
  network = await openNetwork();
});
afterEach(async () => {
  while (opened.length > 0) await opened.pop()?.close();
});
afterAll(async () => await network.close());

/** Sends through the real transport; the status, or what it fails with. */
function client(script: NetworkScript, options: EgressOptions = {}): (url: string) => Promise<unknown> {
  network.begin(script);
  const { lookup, connectTo, ca } = network;
  const egress = createEgress({ lookup, connectTo, ca, ...options });
  opened.push(egress);
  const seal = { open: (value: string) => ({ value, binding: null }) };
  const http = egress.http({ policy: trustedPolicy, seal });
  return async (url) =>
    await http.send({ method: "GET", url }).then(
      ({ status }) => status,
      (failure: unknown) => {
        const { kind, sent } = failure as HttpFailure;
        return { kind, sent };
      },
    );
}

test("the transport reaches every name, and its bytes are heard", async () => {
  const script = answering();
  const send = client(script);
  expect(await send("https://as.example.com/a")).toBe(200);
  expect(await send("https://api.example.com:8443/b")).toBe(200);
  expect(await send("http://localhost:8080/c")).toBe(200);
  await network.settle();
  expect(network.heard.map(({ host, port }) => `${host}:${port}`)).toEqual([
    "as.example.com:443",
    "api.example.com:8443",
    "localhost:8080",
  ]);
  expect(script.asked.map(({ url }) => url)).toEqual([
    "https://as.example.com/a",
    "https://api.example.com:8443/b",
    "http://localhost:8080/c",
  ]);
});

test.each([
  ["reset", { kind: "cut", sent: true }],
  ["close", { kind: "cut", sent: true }],
  ["truncate", { kind: "cut", sent: true }],
  ["bad_encoding", { kind: "malformed", sent: true }],
  ["oversize", { kind: "too_large", sent: true }],
  ["stall", { kind: "timeout", sent: true }],
  ["stall_body", { kind: "timeout", sent: true }],
] as const)("the transport sees %s", async (fault, seen) => {
  // Where bytes keep coming, it is their number that ends it.
  const limits = fault.startsWith("stall") ? { firstByteMs: 200, idleMs: 200 } : {};
  expect(await client(answering({ fault }), { limits })("https://as.example.com/")).toEqual(seen);
});

test("the transport sees a refused connection", async () => {
  const send = client(answering({}, { refuses: () => true }));
  expect(await send("https://as.example.com/")).toEqual({ kind: "connect", sent: false });
  expect(network.heard).toEqual([]);
});

test.each(["self_signed", "expired", "other_name", "tls_1_1", "plain"] as const)(
  "the transport refuses %s",
  async (fault: TlsFault) => {
    const script = answering({}, { tls: { "bad.example.com": fault } });
    expect(await client(script)("https://bad.example.com/")).toEqual({ kind: "connect", sent: false });
    expect(script.asked).toEqual([]);
  },
);

test("a name that is rebound leads to where it points now", async () => {
  const script = answering({}, { names: { "api.example.com": [["93.184.216.34"], ["93.184.216.35"]] } });
  const send = client(script);
  expect(await send("https://api.example.com/")).toBe(200);
  expect(await send("https://api.example.com/")).toBe(200);
  expect(network.heard.map(({ address }) => address)).toEqual(["93.184.216.34", "93.184.216.35"]);
});

test("the transport's proxy is heard", async () => {
  const script = answering();
  expect(await client(script, { proxy: network.proxy })("https://api.example.com/x")).toBe(200);
  expect(script.asked.map(({ url }) => url)).toEqual(["https://api.example.com/x"]);
  expect(network.heard.map(({ proxy, host }) => [proxy, host])).toEqual([[true, "api.example.com"]]);
});
