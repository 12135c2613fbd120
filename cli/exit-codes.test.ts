import { expect, test } from "vitest";
import {
  exitCodeOf,
  exitCodeTable,
  exitCodes,
  redactExitCodeTable,
  storeExitCodeTable,
} from "./exit-codes.ts";

test.each([
  ["HARN-RUN-010", false, 3],
  ["HARN-OAU-009", false, 3],
  ["HARN-RUN-001", false, 4],
  ["HARN-RUN-003", false, 4],
  ["HARN-RUN-008", false, 4],
  ["HARN-OAU-002", false, 5],
  ["HARN-OAU-003", true, 6],
  ["HARN-RUN-014", true, 6],
  ["HARN-RUN-009", false, 130],
  ["HARN-RUN-012", false, 1],
  ["HARN-OAU-007", false, 1],
  ["constructor", false, 1],
  [null, false, 1],
  [null, true, 6],
])("%s (retryable: %s) ends with %i", (code, retryable, exit) => {
  expect(exitCodeOf({ code, retryable })).toBe(exit);
});

test("every exit code is explained", () => {
  const explained = new Set(
    [...exitCodeTable, ...redactExitCodeTable, ...storeExitCodeTable].map(([code]) => code),
  );
  expect([...explained].toSorted((a, b) => a - b)).toEqual(Object.values(exitCodes));
});
