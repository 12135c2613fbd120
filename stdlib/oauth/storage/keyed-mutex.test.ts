import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { KeyedMutex } from "./keyed-mutex.ts";

describe("KeyedMutex", () => {
  test("serves in the order of asking", async () => {
    const mutex = new KeyedMutex();
    const order: number[] = [];
    await Promise.all(
      [0, 1, 2, 3, 4].map((number) =>
        mutex.run("name", async () => {
          await turn();
          order.push(number);
        }),
      ),
    );
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  test("ends a wait that is too long, and only that one", async () => {
    const mutex = new KeyedMutex(20);
    let leave = (): void => {};
    const holder = mutex.run("name", () => new Promise<void>((resolve) => (leave = resolve)));
    const refused = expect.objectContaining({ code: "HARN-OAU-010", retryable: true });
    await expect(mutex.run("name", () => "never")).rejects.toEqual(refused);
    await expect(mutex.run("other", () => "free")).resolves.toBe("free");
    leave();
    await holder;
    await expect(mutex.run("name", () => "free again")).resolves.toBe("free again");
  });

  test("refuses a body that asks for its own name, however deep", async () => {
    const mutex = new KeyedMutex();
    const refused = expect.objectContaining({
      code: "HARN-OAU-010",
      retryable: false,
      message: expect.stringContaining("already held"),
    });
    const nested = mutex.run("a", () => mutex.run("b", async () => await mutex.run("a", () => "never")));
    await expect(nested).rejects.toEqual(refused);
    await expect(mutex.run("a", () => mutex.run("b", () => "other names nest"))).resolves.toBe(
      "other names nest",
    );
  });

  test("does not refuse work that a body left behind", async () => {
    const mutex = new KeyedMutex();
    let later: Promise<string> | undefined;
    let go = (): void => {};
    const gone = new Promise<void>((resolve) => (go = resolve));
    await mutex.run("name", () => {
      later = gone.then(() => mutex.run("name", () => "later"));
    });
    go();
    await expect(later).resolves.toBe("later");
  });

  test("holds are of one mutex: another may use the same name inside", async () => {
    const [one, other] = [new KeyedMutex(), new KeyedMutex()];
    await expect(one.run("name", () => other.run("name", () => "both"))).resolves.toBe("both");
  });

  test("is free after a body that throws at once", async () => {
    const mutex = new KeyedMutex();
    const thrown = mutex.run("name", () => {
      throw new Error("mine");
    });
    await expect(thrown).rejects.toThrow("mine");
    await expect(mutex.run("name", () => 1)).resolves.toBe(1);
  });
});
