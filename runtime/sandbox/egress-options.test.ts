import { afterEach, expect, test } from "vitest";
import { createEgress, type EgressOptions } from "../host/egress.ts";
import { secureServer } from "../host/certificate.test.support.ts";
import { systemClock } from "../host/clock.ts";
import { reply } from "../host/server.test.support.ts";
import { createTestingWorld } from "../host/testing-world.ts";
import { createRuntime } from "../index.ts";

const cleanup: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  while (cleanup.length > 0) await cleanup.pop()?.();
});

/** A network where every public name is one TLS server on this machine. */
async function network(): Promise<EgressOptions> {
  const server = await secureServer("api.example", reply("from the server"));
  cleanup.push(server.close);
  return {
    ca: server.cert,
    lookup: async (name) => [{ address: name === "inner.example" ? "10.0.0.5" : "93.184.216.34", family: 4 }],
    connectTo: () => ({ address: "127.0.0.1", port: server.port }),
  };
}

const source = `import { http_get } from "std/http";
  export default async ({ url }) => (await http_get(url, { as: "text" })).body;`;
const pipeline = (url: string, net: readonly string[]) => ({
  source,
  filename: "pipeline.js",
  args: { url },
  grants: { net },
});

test("a runtime's egress options hold for its scripts, whose grants still do", async () => {
  const runtime = await createRuntime({ egress: await network() });
  cleanup.push(() => runtime.close());
  const { result } = await runtime.run(pipeline("https://api.example/", ["api.example"]));
  expect(result).toBe("from the server");
  await expect(runtime.run(pipeline("https://api.example/", ["other.example"]))).rejects.toMatchObject({
    code: "HARN-RUN-010",
  });
  await expect(runtime.run(pipeline("https://inner.example/", ["*"]))).rejects.toMatchObject({
    code: "HARN-RUN-013",
  });
});

test("a world's egress takes the place of its mocks, under the run's grants, with the run's events", async () => {
  const runtime = await createRuntime();
  cleanup.push(() => runtime.close());
  const egress = createEgress(await network());
  cleanup.push(egress.close);
  const world = { ...createTestingWorld({ clock: systemClock() }), egress };
  world.testing.httpMock("GET", "https://api.example/", { status: 200, body: "from a mock" });
  const { result } = await runtime.run({ ...pipeline("https://api.example/", ["api.example"]), world });
  expect(result).toBe("from the server");
  expect(world.testing.httpMockCalls(true)).toEqual([]);
  await expect(runtime.run({ ...pipeline("https://inner.example/", ["*"]), world })).rejects.toMatchObject({
    code: "HARN-RUN-013",
  });
  expect(runtime.events()).toContainEqual(
    expect.objectContaining({
      kind: "destination_refused",
      payload: { reason: "address_refused", origin: "https://inner.example" },
    }),
  );
});
