import { expect, test } from "vitest";
import { soakSandbox } from "./sandbox.ts";

test("some hundred runs, attacks among them: none lost, nothing left behind", {
  timeout: 60_000,
}, async () => {
  const { runs, attacks, faults } = await soakSandbox({ runs: 600, seed: 7 });
  expect(faults).toEqual([]);
  expect(runs).toBe(600);
  expect(attacks).toBeGreaterThan(15);
});
