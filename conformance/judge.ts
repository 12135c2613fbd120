/**
 * Judges a run: its trace against what the case expects. Pure.
 *
 * @module
 */

import type { CaseFile, ExpectedRequest, Step } from "./case-format.ts";
import { addressOf } from "./endpoints.ts";
import type { Finding } from "./finding.ts";
import { judgeHeard } from "./heard.ts";
import { compare, type Difference, type MatchContext, show } from "./matchers.ts";
import type { Outcome, StepTrace, ThrownError } from "./program.ts";
import { environmentSecrets, leakIn, secretsIn, secretsSent } from "./secrets.ts";
import type { Trace } from "./trace.ts";
import type { SeenRequest } from "./world-script.ts";

export interface JudgeContext {
  readonly file: CaseFile;
  readonly endpoints: Readonly<Record<string, string>>;
  /** Unix seconds at the start. */
  readonly start: number;
}

/** Everything that is not as the case says. An empty list: it passed. */
export function judge(context: JudgeContext, trace: Trace): readonly Finding[] {
  const { file } = context;
  const values = { ...trace.captured, ...trace.inner.values };
  const matching: MatchContext = { values, start: context.start, sealed: trace.sealed };
  const { unprepared } = trace.inner;
  if (unprepared !== null)
    return [finding("given", { at: "", expected: "(the world is made)", actual: told(unprepared) })];
  return [
    ...judgeSteps(file.steps ?? [], trace.inner.steps, matching, ""),
    ...judgeScript(file, trace, matching),
    ...judgeExpectations(context, trace, matching),
    ...judgeUnscripted(trace),
    ...judgeLeaks(file, trace),
    ...judgeHeard(file, context.endpoints, trace),
  ].filter(({ differences }) => differences.length > 0);
}

function judgeSteps(
  steps: readonly Step[],
  traces: readonly StepTrace[],
  matching: MatchContext,
  before: string,
): readonly Finding[] {
  return steps.flatMap((step, index) => {
    const number = `${before}${index + 1}`;
    const where = `step ${number}${step.call === undefined ? "" : `: ${step.call}`}`;
    const trace = traces[index];
    if (trace === undefined) return [];
    return [
      ...trace.runs.map((outcome, run) =>
        finding(
          step.times === undefined ? where : `${where} (${run + 1} of ${step.times})`,
          ...judgeOutcome(step, outcome, matching),
        ),
      ),
      ...judgeSteps(step.parallel ?? [], trace.parts, matching, `${number}.`),
    ];
  });
}

function judgeOutcome(step: Step, outcome: Outcome, matching: MatchContext): readonly Difference[] {
  if ("value" in outcome) {
    if (step.throws !== undefined)
      return [{ at: "", expected: `throws ${show(step.throws)}`, actual: `answers ${show(outcome.value)}` }];
    return step.expect === undefined ? [] : compare(step.expect, outcome.value, matching);
  }
  const { error } = outcome;
  if (step.throws === undefined)
    return [
      {
        at: "",
        expected: step.expect === undefined ? "(no error)" : show(step.expect),
        actual: `throws ${told(error)}`,
      },
    ];
  const wanted = typeof step.throws === "string" ? { code: step.throws } : step.throws;
  const differences = compare(wanted, error, matching);
  return differences.some(({ at }) => at === ".code")
    ? [{ at: "", expected: `throws ${show(step.throws)}`, actual: `throws ${told(error)}` }]
    : [...differences, ...judgeForm(error)];
}

/** What every error of ours must be. */
function judgeForm(error: ThrownError): readonly Difference[] {
  if (!error.code?.startsWith("HARN-OAU-")) return [];
  const form = {
    name: "OAuthError",
    message: { $match: "^std/oauth/[a-z_]+: ." },
    hint: { $match: "^[A-Z].*[.?]$" },
  };
  return compare(form, error, { values: {}, start: 0, sealed: false });
}

/** How the pipeline of a script row ended. */
function judgeScript(
  { expect = {} }: CaseFile,
  { ended }: Trace,
  matching: MatchContext,
): readonly Finding[] {
  if (ended === undefined) return [];
  const { answer = "$any", refused } = expect;
  const step = refused === undefined ? { expect: answer } : { throws: refused };
  return [finding("the script", ...judgeOutcome(step, ended, matching))];
}

function judgeExpectations(
  { file, endpoints }: JudgeContext,
  trace: Trace,
  matching: MatchContext,
): readonly Finding[] {
  const { expect = {} } = file;
  const found: Finding[] = [];
  const check = (where: string, expected: unknown, actual: unknown): void => {
    if (expected !== undefined) found.push(finding(where, ...compare(expected, actual, matching)));
  };
  if (expect.requests) found.push(judgeRequests(expect.requests, trace.requests, endpoints, matching));
  for (const [key, expected] of Object.entries(expect.storage ?? {}))
    check(`storage ${key}`, throughSeal(expected), trace.inner.storage[key]);
  for (const [topic, expected] of Object.entries(expect.events ?? {})) {
    const written = trace.events.filter((event) => event.topic === topic);
    check(`events ${topic}`, expected, written);
  }
  check("audit", expect.audit, trace.inner.audit);
  check("logs", expect.logs, trace.logs);
  for (const [name, expected] of Object.entries(expect.calls ?? {}))
    check(`calls of ${name}`, expected, trace.inner.calls[name] ?? []);
  check("capabilities", expect.capabilities, trace.capabilities);
  for (const [name, expected] of Object.entries(expect.values ?? {}))
    check(`value ${name}`, expected, matching.values[name]);
  check("elapsed", expect.elapsed, trace.elapsed);
  check("usage", expect.usage, trace.usage);
  const dialled = trace.heard.filter(({ port }) => port > 0).map(({ address, port }) => `${address}:${port}`);
  check("reached", expect.reached, [...new Set(dialled)]);
  return found;
}

/** Token members are compared with what is sealed, so that one case serves every mode. */
function throughSeal(expected: unknown): unknown {
  if (typeof expected !== "object" || expected === null) return expected;
  return Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [
      name,
      /^(access|refresh|id)_token$/.test(name) && typeof value === "string" && !value.startsWith("$")
        ? { $sealed: value }
        : value,
    ]),
  );
}

function judgeRequests(
  expected: readonly ExpectedRequest[],
  seen: readonly SeenRequest[],
  endpoints: Readonly<Record<string, string>>,
  matching: MatchContext,
): Finding {
  const each = expected.flatMap((one) => Array.from({ length: one.times ?? 1 }, () => one));
  const wanted = each.map((one) => {
    const { url, method } = addressOf(one.to, endpoints);
    const { headers, query, form, json, body } = one;
    return {
      method: one.method ?? method,
      url: withoutQuery(url),
      ...(headers === undefined ? {} : { headers }),
      ...(query === undefined ? {} : { query: { $exact: query } }),
      ...(form === undefined ? {} : { form: { $exact: form } }),
      ...(json === undefined ? {} : { json }),
      ...(body === undefined ? {} : { body }),
    };
  });
  const actual = seen.map((one, index) => {
    const asked = each[index];
    return {
      method: one.method,
      url: withoutQuery(one.url),
      headers: one.headers,
      ...(asked?.query === undefined ? {} : { query: parameters(new URL(one.url).searchParams) }),
      ...(asked?.form === undefined ? {} : { form: parameters(new URLSearchParams(one.body)) }),
      ...(asked?.json === undefined ? {} : { json: parsed(one.body) }),
      ...(asked?.body === undefined ? {} : { body: one.body }),
    };
  });
  return finding("requests", ...compare(wanted, actual, matching));
}

function parameters(found: URLSearchParams): Readonly<Record<string, string | readonly string[]>> {
  const names = [...new Set(found.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const all = found.getAll(name);
      return [name, all.length === 1 && all[0] !== undefined ? all[0] : all];
    }),
  );
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return `(not JSON) ${body}`;
  }
}

function withoutQuery(url: string): string {
  return URL.canParse(url) ? (new URL(url).href.split("?", 1)[0] ?? url) : url;
}

function judgeUnscripted(trace: Trace): readonly Finding[] {
  return trace.requests
    .filter(({ answer }) => answer === "unscripted")
    .map(({ method, url }) =>
      finding("requests", { at: "", expected: "(a reply in http)", actual: `${method} ${url} has none` }),
    );
}

/** No token value in any event, log line or error; and where tokens are sealed, none that a provider sent crosses. */
function judgeLeaks(file: CaseFile, trace: Trace): readonly Finding[] {
  const sent = secretsSent(trace.requests);
  const sealed = [...environmentSecrets(file).keys()];
  const secrets = new Set([...secretsIn([file.http, file.given]), ...sent, ...trace.signed, ...sealed]);
  const found: Finding[] = [];
  const search = (where: string, text: string, values: Iterable<string>): void => {
    const leak = leakIn(text, values);
    if (leak !== null)
      found.push(
        finding(where, {
          at: "",
          expected: "(no secret value)",
          actual: `holds ${leak}: ${text.slice(0, 300)}`,
        }),
      );
  };
  for (const event of trace.events) search(`event ${event.kind}`, JSON.stringify(event), secrets);
  for (const line of trace.logs) search("logs", line.message, secrets);
  for (const error of errorsOf(trace.inner.steps)) search("error", JSON.stringify(error), secrets);
  if (trace.sealed) {
    // What the case itself hands over it may see again; what a provider sent it may not.
    const { capabilities, ...given } = file.given ?? {};
    const own = secretsIn([given, file.steps]);
    const fromProvider = [...secretsIn([file.http, capabilities]), ...trace.signed, ...sealed].filter(
      (value) => !own.has(value),
    );
    search("what crossed to the script", trace.crossed, fromProvider);
    if (trace.ended !== undefined)
      // These are stores of the host, which keeps real values.
      for (const { operation, params } of trace.capabilities)
        if (!/^(?:oauth_storage|secrets)\./.test(operation))
          search(`parameters of ${operation}`, JSON.stringify(params), secrets);
  }
  return found;
}

function errorsOf(steps: readonly StepTrace[]): readonly ThrownError[] {
  return steps.flatMap(({ runs, parts }) => [
    ...runs.flatMap((outcome) => ("error" in outcome ? [outcome.error] : [])),
    ...errorsOf(parts),
  ]);
}

function told({ code, name, message }: ThrownError): string {
  return `${code ?? name}: ${message}`;
}

function finding(where: string, ...differences: readonly Difference[]): Finding {
  return { where, differences };
}

/** What two modes must have in common, as lines that can be compared. Values that chance decides are left out. */
export function conduct(trace: Trace): readonly string[] {
  const steps = (traces: readonly StepTrace[]): readonly string[] =>
    traces.flatMap(({ runs, parts }) => [
      ...runs.map((outcome) => ("error" in outcome ? `throws ${told(outcome.error)}` : "answers")),
      ...steps(parts),
    ]);
  return [
    ...steps(trace.inner.steps),
    ...trace.requests.map(
      ({ method, url, headers, body }) =>
        `${method} ${withoutQuery(url)} ${Object.keys(headers).sort().join(",")} ${fieldsOf(body).join(",")}`,
    ),
    ...trace.events
      .filter(({ topic }) => !topic.startsWith("runtime."))
      .map(({ topic, kind }) => `${topic} ${kind}`),
    // Calls that run at once interleave as they like.
    ...trace.capabilities.map(({ operation }) => operation).sort(),
    `elapsed ${trace.elapsed}`,
  ];
}

/** The names of a body's fields or members, without their values. */
function fieldsOf(body: string): readonly string[] {
  const data = body.startsWith("{") ? parsed(body) : null;
  return typeof data === "object" && data !== null
    ? Object.keys(data)
    : [...new URLSearchParams(body).keys()];
}
