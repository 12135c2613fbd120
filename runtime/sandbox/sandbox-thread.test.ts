import { expect, test } from "vitest";
import { createRuntime } from "./runtime.ts";
import { startThreadAhead, takeThread } from "./sandbox-thread.ts";

const script = { source: "export default ({ n }) => n + 1", filename: "add.js" };

test("a thread is started ahead once, and given to one caller", async () => {
  startThreadAhead();
  startThreadAhead();
  const taken = [takeThread(), takeThread(), takeThread()];
  expect(new Set(taken.map(({ thread }) => thread)).size).toBe(3);
  expect(new Set(taken.map(({ shared }) => shared)).size).toBe(3);
  for (const { thread, plainPort } of taken) {
    plainPort.close();
    await thread.terminate();
  }
});

test("a runtime uses the thread that was started ahead", async () => {
  startThreadAhead();
  const runtime = await createRuntime({ once: true });
  expect((await runtime.run({ ...script, args: { n: 1 } })).result).toBe(2);
  await runtime.close();
});

test("a runtime that makes no sandbox in advance still runs as many scripts as it is given", async () => {
  const runtime = await createRuntime({ once: true });
  const results = [];
  for (const n of [1, 2]) results.push((await runtime.run({ ...script, args: { n } })).result);
  results.push(
    ...(await Promise.all([3, 4].map(async (n) => (await runtime.run({ ...script, args: { n } })).result))),
  );
  expect(results).toEqual([2, 3, 4, 5]);
  await runtime.close();
});
