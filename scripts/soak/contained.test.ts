import { monitorEventLoopDelay } from "node:perf_hooks";
import { expect, test } from "vitest";
import { createRuntime } from "../../runtime/index.ts";
import { attacks, cleanRealm, worker } from "./sandbox-scripts.ts";

/** What scripts would change first, were it the host's. */
const hostRealm = (): string =>
  [Object, Array, Promise, Error, Function, String, Map, Uint8Array, JSON, globalThis]
    .map((one) => {
      const of = typeof one === "function" ? (one.prototype as object) : one;
      return Reflect.ownKeys(of).map(String).join();
    })
    .join("\n");

test("all attacks at once: another tenant's runs are right, the host's realm is as it was, and nothing is left", async () => {
  const before = hostRealm();
  const threadsBefore = process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
  const runtime = await createRuntime({
    limits: { cpu: 250, grace: 20, wall: 30_000, pendingCalls: 100, log: 100_000, result: 100_000 },
  });
  const pauses = monitorEventLoopDelay({ resolution: 1 });
  pauses.enable();
  const attacked = Promise.all(
    attacks.map(async ({ name, source, ends }) => {
      const error: unknown = await runtime
        .run({ source, filename: "attack.js", tenant: "attacker" })
        .catch((thrown: unknown) => thrown);
      const code = (error as { readonly code?: unknown }).code;
      return [name, typeof code === "string" ? code : "threw", ends];
    }),
  );
  const numbers = Array.from({ length: 40 }, (_, number) => number);
  const answers = await Promise.all(
    numbers.map(async (number) => {
      const run = { source: worker.source, filename: "work.js", args: { number }, tenant: "neighbour" };
      return (await runtime.run(run)).result;
    }),
  );
  expect(JSON.parse(JSON.stringify(answers))).toEqual(
    numbers.map((number) => expect.objectContaining({ number, seen: cleanRealm })),
  );
  for (const [name, code, ends] of await attacked) expect([name, code]).toEqual([name, ends]);
  pauses.disable();
  console.log(`the host's longest pause: ${(pauses.max / 1e6).toFixed(1)} ms`);
  await runtime.close();
  expect(hostRealm()).toBe(before);
  await expect
    .poll(() => process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length)
    .toBe(threadsBefore);
});
