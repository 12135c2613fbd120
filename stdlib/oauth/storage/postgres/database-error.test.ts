import { expect, test } from "vitest";
import { judgeDatabaseError } from "./database-error.ts";

/** As `pg` throws it: what the server sent has a severity. */
function thrown(code: string | undefined): object {
  return code !== undefined && /\d/.test(code) ? { code, severity: "ERROR" } : { code };
}

test.each([
  ["EPIPE", "cut", "unreachable"],
  ["ECONNRESET", "cut", "unreachable"],
  ["57P01", "cut", "unreachable"],
  ["08006", "cut", "unreachable"],
  [undefined, "cut", "unreachable"],
  ["40001", "contended", "contended"],
  ["42501", "denied", "denied"],
  ["42P01", "failed", "failed"],
])("%s on its way is %s, and before %s", (code, sent, before) => {
  expect(judgeDatabaseError(thrown(code), true).fault).toBe(sent);
  expect(judgeDatabaseError(thrown(code), false).fault).toBe(before);
});
