import { expect, test } from "vitest";
import { type RefreshSoak, soakRefresh } from "./refresh.ts";

const small: Omit<RefreshSoak, "reuse" | "seed"> = {
  storage: "file",
  accounts: 8,
  workers: 3,
  refreshes: 30,
  blows: { kill: 6, terminate: 3, freeze: 3 },
  faultShare: 0.05,
  mostSeconds: 60,
};

test("a server with a grace period: processes are killed, answers damaged, and no grant is lost", {
  timeout: 120_000,
}, async () => {
  const { faults, losses, overlaps, refreshes } = await soakRefresh({ ...small, reuse: "grace", seed: 7 });
  expect({ faults, losses, overlaps }).toEqual({ faults: [], losses: [], overlaps: 0 });
  expect(refreshes).toBeGreaterThanOrEqual(30);
});

test("a strict server: processes that are told to end lose nothing", { timeout: 120_000 }, async () => {
  const blows = { kill: 0, terminate: 8, freeze: 0 };
  const soak = { ...small, reuse: "strict", seed: 7, blows, faultShare: 0 } as const;
  const { faults, losses } = await soakRefresh(soak);
  expect({ faults, losses }).toEqual({ faults: [], losses: [] });
});

test("a strict server: a grant whose answer was lost is lost, and the log proves it", {
  timeout: 120_000,
}, async () => {
  const blows = { kill: 0, terminate: 0, freeze: 0 };
  const soak = { ...small, reuse: "strict", seed: 7, blows, faultShare: 0.15 } as const;
  const { faults, losses } = await soakRefresh(soak);
  expect(faults).toEqual([]);
  expect(new Set(losses.map(({ cause }) => cause))).toEqual(new Set(["answer_lost"]));
});

test("what goes wrong is seen: no lock between processes", { timeout: 120_000 }, async () => {
  const blows = { kill: 0, terminate: 0, freeze: 0 };
  const soak = { ...small, reuse: "strict", seed: 7, blows, faultShare: 0 } as const;
  const { faults, losses, overlaps } = await soakRefresh({ ...soak, storage: "last_write_wins" });
  expect(overlaps).toBeGreaterThan(0);
  expect(losses.filter(({ cause }) => cause === "avoidable")).not.toEqual([]);
  expect(faults.join("\n")).toMatch(/had the answer and lived/);
});

test("what goes wrong is seen: a token that is shown before it is stored", { timeout: 120_000 }, async () => {
  const soak = { ...small, reuse: "grace", seed: 7, storage: "late_write", faultShare: 0 } as const;
  const { faults } = await soakRefresh(soak);
  expect(faults.join("\n")).toMatch(/a token was shown that was not stored/);
});
