import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adapterMode } from "./adapter-mode.ts";
import { attackPage, attackRows } from "./attack-table.ts";
import { guestMode } from "./guest-mode.ts";
import { hostMode } from "./host-mode.ts";
import { type LoadedCase, loadCases, runsIn } from "./load-cases.ts";
import type { Mode } from "./mode.ts";
import { networkSource } from "./network-source.ts";
import { failureText } from "./report-text.ts";
import { type CaseResult, runCase } from "./run-case.ts";

const cases = loadCases();
const network = networkSource();
const adapter = fileURLToPath(new URL("./reference-adapter.js", import.meta.url));

let guest: Mode;
let host: Mode;
let other: Mode;

beforeAll(async () => {
  guest = await guestMode(network.source);
  host = hostMode(network.source);
  other = adapterMode(`"${process.execPath}" "${adapter}"`, network.source);
});

afterAll(async () => {
  await Promise.all([guest, host, other].map((mode) => mode.close()));
  await network.close();
});

const attacks: CaseResult[] = [];

function text(result: CaseResult): string {
  if (result.attack !== undefined && result.mode !== "adapter") attacks.push(result);
  return result.findings.length === 0 ? "" : failureText(result);
}

const both = (loaded: LoadedCase): boolean => ["guest", "host"].every((mode) => isIn(loaded, mode));
const isIn = (loaded: LoadedCase, mode: string): boolean => runsIn(loaded).some((one) => one === mode);
const everywhere = cases.filter(both);
const somewhere = cases.filter((loaded) => !both(loaded) && (isIn(loaded, "guest") || isIn(loaded, "host")));

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
    expect(text(await runCase(loaded, isIn(loaded, "guest") ? guest : host))).toBe("");
  });
});

describe("through the reference adapter", () => {
  // Every third one: each crosses a process boundary many times.
  const some = cases.filter((loaded, index) => isIn(loaded, "adapter") && index % 3 === 0);
  test.each(some.map((loaded) => [loaded.name, loaded] as const))("%s", async (_, loaded) => {
    expect(text(await runCase(loaded, other))).toBe("");
  });
});

test("each row of the attack table has an id of its own", () => {
  const rows = cases.flatMap((loaded) => (loaded.kind === "data" ? (loaded.file.attack?.row ?? []) : []));
  expect(rows.filter((row, index) => rows.indexOf(row) !== index)).toEqual([]);
});

test("the page of the attack table says what happened", async () => {
  const page = fileURLToPath(new URL("../../docs/attack-table.md", import.meta.url));
  await expect(attackPage(attackRows(attacks))).toMatchFileSnapshot(page);
});
