/**
 * The reporters: results in, lines out.
 *
 * @module
 */

import { createRedactor } from "../stdlib/oauth/redaction/engine.ts";
import { failureText, totals } from "./report-text.ts";
import type { CaseResult } from "./run-case.ts";

export const reporterNames = ["pretty", "tap", "junit", "json"] as const;
export type ReporterName = (typeof reporterNames)[number];

/** Gets each result when it is there, and says the rest at the end. */
export interface Reporter {
  result(result: CaseResult): void;
  end(): void;
}

type Write = (line: string) => void;

/** Makes a reporter over a function that writes a line. What it says is redacted: an adapter may have shown a real token. */
export function reporter(name: ReporterName, write: Write): Reporter {
  const redactor = createRedactor();
  const made = makers[name](write);
  return {
    result: (result) => made.result(redactor.redactValue(result) as CaseResult),
    end: () => made.end(),
  };
}

const makers: Readonly<Record<ReporterName, (write: Write) => Reporter>> = {
  pretty(write) {
    let failed = 0;
    let passed = 0;
    return {
      result(result) {
        if (result.findings.length === 0) passed += 1;
        else {
          failed += 1;
          write(failureText(result));
          write("");
        }
      },
      end: () => write(totals(passed, failed)),
    };
  },

  tap(write) {
    let count = 0;
    write("TAP version 14");
    return {
      result(result) {
        count += 1;
        const passed = result.findings.length === 0;
        write(`${passed ? "ok" : "not ok"} ${count} - ${result.name} (${result.mode})`);
        if (!passed) for (const line of failureText(result).split("\n")) write(`# ${line}`);
      },
      end: () => write(`1..${count}`),
    };
  },

  junit(write) {
    const results: CaseResult[] = [];
    return {
      result: (result) => void results.push(result),
      end() {
        const failures = results.filter(({ findings }) => findings.length > 0).length;
        write(`<?xml version="1.0" encoding="UTF-8"?>`);
        write(`<testsuite name="holdfast conformance" tests="${results.length}" failures="${failures}">`);
        for (const result of results) {
          const head = `  <testcase classname="${xml(result.mode)}" name="${xml(result.name)}" time="${result.ms / 1000}"`;
          if (result.findings.length === 0) write(`${head}/>`);
          else {
            write(`${head}>`);
            write(`    <failure message="${xml(result.title)}">${xml(failureText(result))}</failure>`);
            write("  </testcase>");
          }
        }
        write("</testsuite>");
      },
    };
  },

  json(write) {
    const results: CaseResult[] = [];
    return {
      result: (result) => void results.push(result),
      end() {
        const failed = results.filter(({ findings }) => findings.length > 0).length;
        const shown = results.map(({ conduct: _conduct, ...result }) => ({
          ...result,
          passed: result.findings.length === 0,
        }));
        write(JSON.stringify({ passed: results.length - failed, failed, results: shown }));
      },
    };
  },
};

function xml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd");
}
