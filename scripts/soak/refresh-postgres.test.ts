import { expect, test } from "vitest";
import { type RefreshSoak, soakRefresh } from "./refresh.ts";

const small: Omit<RefreshSoak, "reuse" | "blows"> = {
  storage: "postgres",
  seed: 7,
  accounts: 8,
  workers: 3,
  refreshes: 25,
  databaseBlows: { cut: 10, crash: 4 },
  faultShare: 0,
  mostSeconds: 60,
};

test("hosts are killed, sessions cut and the database crashed, and no grant is lost at a server with a grace period", {
  timeout: 180_000,
}, async () => {
  const blows = { kill: 4, terminate: 2, freeze: 2 };
  const { faults, losses, overlaps, databaseBlows } = await soakRefresh({ ...small, reuse: "grace", blows });
  expect({ faults, losses, overlaps }).toEqual({ faults: [], losses: [], overlaps: 0 });
  expect(databaseBlows?.cut).toBeGreaterThan(0);
  expect(databaseBlows?.crash).toBeGreaterThan(0);
});

test("a database that is cut off and crashed loses no grant at a strict server either", {
  timeout: 180_000,
}, async () => {
  const blows = { kill: 0, terminate: 2, freeze: 2 };
  const { faults, losses, overlaps } = await soakRefresh({ ...small, reuse: "strict", blows });
  expect({ faults, losses, overlaps }).toEqual({ faults: [], losses: [], overlaps: 0 });
});
