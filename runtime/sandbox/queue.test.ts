import { setMaxListeners } from "node:events";
import { expect, test } from "vitest";
import { createQueue, resolveQueueLimits } from "./queue.ts";

const never = new AbortController().signal;
setMaxListeners(0, never);

/** Enters many times at once; answers the names in the order of their turns, and how to end the run of one. */
function entered(threads: number, names: readonly string[], waiting = 100) {
  const queue = createQueue({ threads, waiting });
  const order: string[] = [];
  const leaves = new Map<string, (() => void)[]>();
  const enter = async (name: string): Promise<void> => {
    const leave = await queue.enter(name, never);
    order.push(name);
    leaves.set(name, [...(leaves.get(name) ?? []), leave]);
  };
  for (const name of names) void enter(name);
  return {
    queue,
    order,
    enter,
    async end(name: string) {
      leaves.get(name)?.shift()?.();
      await settled();
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("one tenant gets half of the threads, and a new one finds room at once", async () => {
  const { order, queue, enter } = entered(8, Array<string>(20).fill("a"));
  await settled();
  expect(order).toEqual(["a", "a", "a", "a"]);
  await enter("b");
  expect(order.at(-1)).toBe("b");
  expect(queue.running).toBe(5);
  expect(queue.waiting).toBe(16);
});

test("a thread that becomes free goes to the tenant that has fewest", async () => {
  const { order, end } = entered(4, ["a", "a", "a", "b", "b", "c"]);
  await settled();
  // Of four: two for a, one for b; c must wait, for none would be left free.
  expect(order).toEqual(["a", "a", "b", "c"]);
  await end("a");
  expect(order).toEqual(["a", "a", "b", "c"]);
  await end("a");
  expect(order).toEqual(["a", "a", "b", "c", "a"]);
});

test("tenants that wait are served in turn, each in its own order", async () => {
  const { order, end } = entered(1, ["a", "a", "a", "b", "b", "c"]);
  await settled();
  while (order.length < 6) await end(order.at(-1) ?? "");
  expect(order).toEqual(["a", "b", "c", "a", "b", "a"]);
});

test("one thread is enough for one run at a time", async () => {
  const { order, end, queue } = entered(1, ["a", "a"]);
  await settled();
  expect(order).toEqual(["a"]);
  await end("a");
  await end("a");
  expect(order).toEqual(["a", "a"]);
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
});

test("of one tenant only so many runs wait; those of others still may", async () => {
  const { queue } = entered(2, ["a", "a", "a"], 2);
  await expect(queue.enter("a", never)).rejects.toMatchObject({ code: "HARN-RUN-016", retryable: true });
  expect(queue.waiting).toBe(2);
  void queue.enter("b", never);
  expect(queue.waiting + queue.running).toBe(4);
});

test("who is cancelled leaves the queue, and those behind move up", async () => {
  const queue = createQueue({ threads: 1, waiting: 10 });
  const leave = await queue.enter("a", never);
  const cancelled = new AbortController();
  const waits = queue.enter("a", cancelled.signal);
  const behind = queue.enter("a", never);
  cancelled.abort(new Error("enough"));
  await expect(waits).rejects.toThrow("enough");
  expect(queue.waiting).toBe(1);
  leave();
  (await behind)();
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
  await expect(queue.enter("a", cancelled.signal)).rejects.toThrow("enough");
});

test.each([{ threads: 0 }, { threads: 1.5 }, { threads: 1_025 }, { waiting: -1 }, { waiting: Number.NaN }])(
  "%j is out of range",
  (given) => {
    expect(() => resolveQueueLimits(given)).toThrow(expect.objectContaining({ code: "HARN-RUN-015" }));
  },
);

test("what is not given has its default", () => {
  expect(resolveQueueLimits({ threads: undefined })).toEqual({ threads: 64, waiting: 1_000 });
});
