import { expect, test } from "vitest";
import { capability, createRuntime, definePlugin, type CapabilityInfo } from "../index.ts";
import { capabilityInfo } from "./capability-info.ts";
import { systemClock } from "./clock.ts";
import { createNodePorts } from "./node-ports.ts";
import { exactRedactor } from "./redactor.test.support.ts";
import { createTestingWorld } from "./testing-world.ts";

const store = { get: (): null => null };

test("an id is that of the object, wherever it is given", () => {
  const [one, again, twin] = [capabilityInfo(store), capabilityInfo(store), capabilityInfo({ ...store })];
  expect(one.id).toBe(again.id);
  expect(one.id).not.toBe(twin.id);
  expect(one.id).not.toBe(capabilityInfo(undefined).id);
});

test("only what the object itself has is offered", () => {
  const info = capabilityInfo(store);
  expect(["get", "set", "constructor", "__proto__"].map((name) => info.offers(name))).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(capabilityInfo(undefined).offers("get")).toBe(false);
});

test("plain Node code may know everything that was given", async () => {
  const ports = createNodePorts({ redactor: exactRedactor(), capabilities: { store } });
  expect(ports.capabilityInfo("store")?.id).toBe(capabilityInfo(store).id);
  for (const name of ["other", "constructor"]) {
    expect(ports.capabilityInfo(name)?.offers("get")).toBe(false);
  }
  await ports.close();
});

test("a scripted world offers what has a mock, and is a place of its own", () => {
  const worlds = [createTestingWorld({ clock: systemClock() }), createTestingWorld({ clock: systemClock() })];
  worlds[0]?.testing.hostMock("store", "get", null);
  expect(worlds.map((world) => world.capabilityInfo("store").offers("get"))).toEqual([true, false]);
  expect(worlds[0]?.capabilityInfo("store").offers("set")).toBe(false);
  expect(worlds[0]?.capabilityInfo("store").id).not.toBe(worlds[1]?.capabilityInfo("store").id);
});

test("a run knows only what it was granted, and a plugin's capability is one for all runtimes", async () => {
  const seen: (CapabilityInfo | null)[] = [];
  const plugin = capability("store", store);
  const probe = definePlugin({
    name: "probe",
    modules: (ports) => ({
      "std/probe": { look: async () => void seen.push(ports.capabilityInfo("store")) },
    }),
  });
  for (const capabilities of [["store"], ["store"], []]) {
    const runtime = await createRuntime({ plugins: [plugin, probe] });
    const source = `import { look } from "std/probe"; export default look;`;
    await runtime.run({ filename: "pipeline.js", source, grants: { capabilities } });
    await runtime.close();
  }
  const [one, two, none] = seen;
  expect(one?.offers("get")).toBe(true);
  expect(one?.id).toBe(two?.id);
  expect(none).toBeNull();
});
