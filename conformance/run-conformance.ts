/**
 * Runs the suite.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import assert from "node:assert/strict";
import type { Json } from "../runtime/ports.ts";
import { adapterMode } from "./adapter-mode.ts";
import { attackLines, attackRows } from "./attack-table.ts";
import type { ModeName } from "./case-format.ts";
import { guestMode } from "./guest-mode.ts";
import { hostMode, type MakeStorage } from "./host-mode.ts";
import { importFile } from "./import-text.ts";
import { type LoadedCase, loadCases, runsIn } from "./load-cases.ts";
import type { Mode, NetworkSource } from "./mode.ts";
import { networkSource } from "./network-source.ts";
import { type ReporterName, reporter } from "./reporters.ts";
import { type CaseResult, runCase, sourcesOf } from "./run-case.ts";
import { storageContract } from "./storage-contract.ts";

export interface ConformanceOptions {
  /** Parts of case names; a case that has one of them is selected. Default: every case. */
  readonly filters?: readonly string[];
  /** Default: guest and host, which must then agree. With an `adapter`: adapter. */
  readonly modes?: readonly ModeName[];
  /** The command of an adapter process. */
  readonly adapter?: string;
  /** A module whose default function answers `{storage, close?}`: an empty storage. Runs the storage contract, and the client's cases in host mode, on it. */
  readonly storage?: string;
  /** A JSON file with a provider record: takes the place of the suite's own provider in the cases that leave it open. */
  readonly provider?: string;
  /** Only the rows of the attack table. */
  readonly attacks?: boolean;
  /** Prints what would run. */
  readonly list?: boolean;
  /** Stops at the first failure. */
  readonly bail?: boolean;
  /** Runs the cases in an order that this number decides. */
  readonly seed?: number;
  readonly reporter?: ReporterName;
  /** Gets each line of the report; default: none is written. */
  readonly write?: (line: string) => void;
  /** A folder of cases in place of the suite's own. */
  readonly cases?: string;
}

export interface ConformanceReport {
  readonly passed: number;
  readonly failed: number;
  readonly results: readonly CaseResult[];
}

/** A mistake in the options: a filter that selects nothing, a file that cannot be used. */
export class ConformanceUsageError extends Error {
  override readonly name: string = "ConformanceUsageError";
}

/**
 * Runs the selected cases. Only when `failed` is 0 did every one pass.
 * @throws ConformanceUsageError when nothing is selected or a named file cannot be used; CaseFileError for a case that the schema refuses.
 */
export async function runConformance(options: ConformanceOptions = {}): Promise<ConformanceReport> {
  const write = options.write ?? ((): void => {});
  const cases = select(loadCases(options.cases), options);
  if (cases.length === 0) throw new ConformanceUsageError("the filter selects no case");
  if (options.list === true) {
    list(cases, options.attacks === true, write);
    return { passed: 0, failed: 0, results: [] };
  }
  const report = reporter(options.reporter ?? "pretty", write);
  const results: CaseResult[] = [];
  const note = (result: CaseResult): boolean => {
    results.push(result);
    report.result(result);
    return options.bail === true && result.findings.length > 0;
  };
  const provider = options.provider === undefined ? undefined : readProvider(options.provider);
  const makeStorage = options.storage === undefined ? null : await readStorage(options.storage);
  const network = networkSource();
  const modes = await openModes(options, makeStorage, network.source);
  try {
    if (makeStorage === null || !(await runContract(makeStorage, note)))
      await runAll(cases, modes, note, {
        ...(provider === undefined ? {} : { provider }),
        ...(makeStorage === null ? {} : { ownStorage: true }),
      });
  } finally {
    await Promise.all(modes.map((mode) => mode.close()));
    await network.close();
  }
  if (options.attacks === true && (options.reporter ?? "pretty") === "pretty")
    for (const line of attackLines(attackRows(results))) write(line);
  report.end();
  const failed = results.filter(({ findings }) => findings.length > 0).length;
  return { passed: results.length - failed, failed, results };
}

async function runAll(
  cases: readonly LoadedCase[],
  modes: readonly Mode[],
  note: (result: CaseResult) => boolean,
  options: Parameters<typeof runCase>[2],
): Promise<void> {
  for (const loaded of cases) {
    let first: CaseResult | null = null;
    for (const mode of modes) {
      if (!runsIn(loaded).includes(mode.name)) continue;
      const result = agreeing(await runCase(loaded, mode, options), first);
      first ??= result;
      if (note(result)) return;
    }
  }
}

/** Two modes must do the same; a difference is a finding of the second. */
function agreeing(result: CaseResult, first: CaseResult | null): CaseResult {
  if (first === null || result.findings.length > 0 || first.findings.length > 0) return result;
  const length = Math.max(first.conduct.length, result.conduct.length);
  const at = Array.from({ length }, (_, index) => index).find(
    (index) => first.conduct[index] !== result.conduct[index],
  );
  if (at === undefined) return result;
  const difference = {
    at: "",
    expected: `${first.mode}: ${first.conduct[at] ?? "(nothing more)"}`,
    actual: `${result.mode}: ${result.conduct[at] ?? "(nothing more)"}`,
  };
  return {
    ...result,
    findings: [{ where: `${first.mode} and ${result.mode} differ`, differences: [difference] }],
  };
}

function select(all: readonly LoadedCase[], options: ConformanceOptions): readonly LoadedCase[] {
  const { filters = [], attacks = false, storage, provider, seed, modes } = options;
  const chosen = all.filter((loaded) => {
    if (filters.length > 0 && !filters.some((filter) => loaded.name.includes(filter))) return false;
    if (attacks && !(loaded.kind === "data" && loaded.file.attack !== undefined)) return false;
    if (storage !== undefined && !leavesOpen(loaded, "storage")) return false;
    if (provider !== undefined && !leavesOpen(loaded, "provider")) return false;
    return modes === undefined || runsIn(loaded).some((mode) => modes.includes(mode));
  });
  return seed === undefined ? chosen : shuffled(chosen, seed);
}

/** Whether a case works with another storage or provider than the suite's own. */
function leavesOpen(loaded: LoadedCase, part: "storage" | "provider"): boolean {
  if (loaded.kind === "script" || loaded.file.given?.[part] !== undefined) return false;
  // A probe makes its own world.
  if (loaded.file.probe !== undefined) return false;
  const text = JSON.stringify(loaded.file) + (loaded.source ?? "");
  if (part === "provider")
    return !/(as|api)\.example\.com|acme/.test(text.replace(/"(title|why|source)":"[^"]*"/g, ""));
  return /^(?:client|attacks)\//.test(loaded.name) && !text.includes('"storage.');
}

/** Fisher and Yates with a small generator: the same number gives the same order everywhere. */
function shuffled<T>(list: readonly T[], seed: number): readonly T[] {
  const order = [...list];
  let state = seed >>> 0;
  for (let last = order.length - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (last + 1);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}

function list(cases: readonly LoadedCase[], attacks: boolean, write: (line: string) => void): void {
  for (const loaded of cases) {
    if (attacks && loaded.kind === "data" && loaded.file.attack) {
      const { row, does, safe } = loaded.file.attack;
      write(`${row} ${loaded.name}\n  attack: ${does}\n  safe:   ${safe}`);
    } else {
      const { title } = loaded.kind === "data" ? loaded.file : loaded.script;
      write(`${loaded.name}\n  ${title} [${sourcesOf(loaded).join("; ")}]`);
    }
  }
}

async function openModes(
  options: ConformanceOptions,
  makeStorage: MakeStorage | null,
  network: NetworkSource,
): Promise<readonly Mode[]> {
  const { adapter } = options;
  const fallback: readonly ModeName[] =
    adapter !== undefined ? ["adapter"] : makeStorage !== null ? ["host"] : ["guest", "host"];
  const names = options.modes ?? fallback;
  if (makeStorage !== null && names.some((name) => name !== "host"))
    throw new ConformanceUsageError("an own storage is a Node object: it runs in host mode only");
  return await Promise.all(
    names.map(async (name) => {
      switch (name) {
        case "guest":
          return await guestMode(network);
        case "host":
          return hostMode(network, makeStorage);
        case "adapter":
          if (adapter === undefined)
            throw new ConformanceUsageError("adapter mode needs the adapter's command");
          return adapterMode(adapter, network);
      }
    }),
  );
}

function readProvider(path: string): Readonly<Record<string, Json>> {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, Json>>;
  } catch (error) {
    throw new ConformanceUsageError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function readStorage(path: string): Promise<MakeStorage> {
  const module = (await importFile(path).catch((error: unknown) => {
    throw new ConformanceUsageError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  })) as { readonly default?: unknown };
  if (typeof module.default !== "function")
    throw new ConformanceUsageError(
      `${path}: its default export must be a function that answers {storage, close?}`,
    );
  const make = module.default as () => unknown;
  return async () => (await make()) as Awaited<ReturnType<MakeStorage>>;
}

/** The storage contract, each rule as a case. Answers true when it is over early. */
async function runContract(
  makeStorage: MakeStorage,
  note: (result: CaseResult) => boolean,
): Promise<boolean> {
  const rules: { name: string; body: () => Promise<void> }[] = [];
  storageContract("storage contract", makeStorage, { test: (name, body) => rules.push({ name, body }) });
  for (const { name, body } of rules) {
    const began = performance.now();
    const error = await body().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    const over = note({
      name,
      mode: "host",
      title: name,
      why: "Every storage keeps to the same contract, or the client loses tokens on it.",
      sources: ["the storage contract"],
      findings: error === null ? [] : [{ where: "the rule", differences: [differenceIn(error)] }],
      exchange: [],
      ms: performance.now() - began,
      conduct: [],
    });
    if (over) return true;
  }
  return false;
}

function differenceIn(error: unknown): { at: string; expected: string; actual: string } {
  if (error instanceof assert.AssertionError)
    return {
      at: "",
      expected: JSON.stringify(error.expected) ?? "",
      actual: JSON.stringify(error.actual) ?? "",
    };
  return { at: "", expected: "(no error)", actual: String(error) };
}
