/**
 * Runs one case in one mode and judges it.
 *
 * @module
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Json } from "../runtime/ports.ts";
import type { Attack, ModeName } from "./case-format.ts";
import { compileCase } from "./compile.ts";
import type { Finding } from "./finding.ts";
import { conduct, judge } from "./judge.ts";
import { importFile } from "./import-text.ts";
import type { LoadedCase } from "./load-cases.ts";
import { compare, show } from "./matchers.ts";
import { inTime, type Mode } from "./mode.ts";
import type { Probe } from "./probes/probe.ts";
import type { Outcome, StepTrace } from "./program.ts";
import { masked, secretsIn, secretsSent } from "./secrets.ts";
import type { ScriptCase } from "./script-case.ts";
import type { Trace } from "./trace.ts";

/** What became of a case in one mode. */
export interface CaseResult {
  readonly name: string;
  readonly mode: ModeName;
  readonly title: string;
  readonly why: string;
  /** RFC sections, or the sentence that it comes from. */
  readonly sources: readonly string[];
  /** Empty: passed. */
  readonly findings: readonly Finding[];
  /** The HTTP exchange, without secrets: one line per request and body. */
  readonly exchange: readonly string[];
  readonly ms: number;
  /** What another mode must do too. */
  readonly conduct: readonly string[];
  /** The row of the attack table that the case is. */
  readonly attack?: Attack;
  /** The codes that its calls ended with, each once. */
  readonly outcome?: readonly string[];
}

export interface CaseOptions {
  readonly provider?: Readonly<Record<string, Json>>;
  readonly ownStorage?: boolean;
}

/** Runs a case. Never throws: what goes wrong is a finding. */
export async function runCase(
  loaded: LoadedCase,
  mode: Mode,
  options: CaseOptions = {},
): Promise<CaseResult> {
  const began = performance.now();
  const { title, why } = loaded.kind === "data" ? loaded.file : loaded.script;
  const done = (
    findings: readonly Finding[],
    exchange: readonly string[],
    lines: readonly string[],
  ): CaseResult => ({
    name: loaded.name,
    mode: mode.name,
    title,
    why,
    sources: sourcesOf(loaded),
    findings,
    exchange,
    ms: Math.round((performance.now() - began) * 10) / 10,
    conduct: lines,
    ...(loaded.kind === "data" && loaded.file.attack ? { attack: loaded.file.attack } : {}),
  });
  try {
    if (loaded.kind === "script") {
      const { findings, lines } = await judgeScript(loaded.script, mode);
      return done(findings, [], lines);
    }
    const { file, source } = loaded;
    const folder = JSON.stringify(file).match(/"file"|\$file|"probe"/)
      ? await mkdtemp(join(tmpdir(), "holdfast-case-"))
      : null;
    try {
      if (file.probe !== undefined) {
        const findings = await judgeProbe(file.probe, folder ?? "");
        return done(findings, [], []);
      }
      const compiled = compileCase(file, {
        ...options,
        ...(folder === null ? {} : { file: join(folder, "tokens.bin") }),
        ...(source === undefined ? {} : { source }),
      });
      const trace = await mode.run(file, compiled);
      const context = { file, endpoints: compiled.endpoints, start: compiled.script.start / 1000 };
      return {
        ...done(judge(context, trace), exchangeOf(trace, file), conduct(trace)),
        outcome: outcomeOf(trace),
      };
    } finally {
      if (folder !== null) await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    const actual = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return done(
      [{ where: "the case", differences: [{ at: "", expected: "(it can be run)", actual }] }],
      [],
      [`fails: ${actual}`],
    );
  }
}

/** RFC sections and sentences. */
export function sourcesOf(loaded: LoadedCase): readonly string[] {
  if (loaded.kind === "script") return loaded.script.rfc;
  const { rfc = [], source } = loaded.file;
  return source === undefined ? rfc : [...rfc, source];
}

async function judgeScript(
  script: ScriptCase,
  mode: Mode,
): Promise<{ readonly findings: readonly Finding[]; readonly lines: readonly string[] }> {
  if (mode.runScript === null) return { findings: [], lines: [] };
  const answer = JSON.parse(JSON.stringify((await mode.runScript(script)) ?? null)) as Json;
  const differences = compare(script.answer, answer, { values: {}, start: 0, sealed: false });
  return {
    findings: differences.length === 0 ? [] : [{ where: "the last line", differences }],
    lines: [`answers ${show(answer)}`],
  };
}

/** Runs a check that is written in Node. */
async function judgeProbe(name: string, folder: string): Promise<readonly Finding[]> {
  const { probe } = (await importFile(fileURLToPath(new URL(`./probes/${name}.js`, import.meta.url)))) as {
    readonly probe: Probe;
  };
  try {
    await inTime(probe({ folder }));
    return [];
  } catch (error) {
    const actual = error instanceof Error ? error.message : String(error);
    return [{ where: `probe ${name}`, differences: [{ at: "", expected: "(it holds)", actual }] }];
  }
}

function outcomeOf({ inner, ended }: Trace): readonly string[] {
  const codes = (steps: readonly StepTrace[]): readonly string[] =>
    steps.flatMap(({ runs, parts }) => [...runs.flatMap(codeOf), ...codes(parts)]);
  return [...new Set([...codes(inner.steps), ...(ended === undefined ? [] : codeOf(ended))])];
}

function codeOf(outcome: Outcome): readonly string[] {
  return "error" in outcome ? [outcome.error.code ?? outcome.error.name] : [];
}

function exchangeOf(trace: Trace, file: unknown): readonly string[] {
  const secrets = new Set([...secretsIn(file), ...secretsSent(trace.requests)]);
  return trace.requests.flatMap(({ method, url, body, answer }, index) => [
    masked(`${index + 1}. ${method} ${url} → ${answer}`, secrets),
    ...(body === "" ? [] : [masked(`   ${body}`, secrets)]),
  ]);
}
