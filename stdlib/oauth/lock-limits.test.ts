import { expect, test } from "vitest";
import { lockLimits, lockTimes } from "./lock-limits.ts";

test("all that is done under a lease ends before it does", () => {
  const { leaseMs, refreshMs, revocationMs, storeMs } = lockLimits;
  const { sendUntil, writeUntil } = lockTimes(1_000);
  expect(sendUntil).toBeGreaterThan(1_000);
  expect(sendUntil + refreshMs).toBeLessThanOrEqual(writeUntil);
  expect(writeUntil + storeMs).toBeLessThanOrEqual(1_000 + leaseMs);
  expect(2 * revocationMs + storeMs).toBeLessThan(leaseMs);
});
