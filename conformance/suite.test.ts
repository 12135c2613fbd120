import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adapterMode } from "./adapter-mode.ts";
import type { ModeName } from "./case-format.ts";
import { guestMode } from "./guest-mode.ts";
import { hostMode } from "./host-mode.ts";
import { type LoadedCase, loadCases } from "./load-cases.ts";
import type { Mode } from "./mode.ts";
import { failureText } from "./report-text.ts";
import { type CaseResult, runCase } from "./run-case.ts";

const cases = loadCases();
const onlyOf = (loaded: LoadedCase): ModeName | null =>
  (loaded.kind === "data" ? loaded.file.only : loaded.script.only) ?? null;
const adapter = fileURLToPath(new URL("./reference-adapter.js", import.meta.url));

let guest: Mode;
let host: Mode;
let other: Mode;

beforeAll(async () => {
  guest = await guestMode();
  host = hostMode();
  other = adapterMode(`"${process.execPath}" "${adapter}"`);
});

afterAll(() => Promise.all([guest, host, other].map((mode) => mode.close())));

function text(result: CaseResult): string {
  return result.findings.length === 0 ? "" : failureText(result);
}

const everywhere = cases.filter((loaded) => onlyOf(loaded) === null);
const somewhere = cases.filter((loaded) => onlyOf(loaded) === "guest" || onlyOf(loaded) === "host");

describe("in guest and host mode, which do the same", () => {
  test.each(everywhere.map((loaded) => [loaded.name, loaded] as const))("%s", async (_, loaded) => {
    const [inGuest, inHost] = [await runCase(loaded, guest), await runCase(loaded, host)];
    expect(text(inGuest)).toBe("");
    expect(text(inHost)).toBe("");
    expect(inHost.conduct).toEqual(inGuest.conduct);
  });
});

describe("in its own mode", () => {
  test.each(somewhere.map((loaded) => [loaded.name, loaded] as const))("%s", async (_, loaded) => {
    expect(text(await runCase(loaded, onlyOf(loaded) === "guest" ? guest : host))).toBe("");
  });
});

describe("through the reference adapter", () => {
  // Every third one: each crosses a process boundary many times.
  const some = cases.filter(
    (loaded, index) => loaded.kind === "data" && onlyOf(loaded) === null && index % 3 === 0,
  );
  test.each(some.map((loaded) => [loaded.name, loaded] as const))("%s", async (_, loaded) => {
    expect(text(await runCase(loaded, other))).toBe("");
  });
});
