/**
 * The options of `holdfast redact`.
 *
 * @module
 */

import type { Command } from "commander";
import { redactExitCodeTable } from "./exit-codes.ts";
import { UsageError } from "./usage-error.ts";

/** What filtering is asked for. */
export interface FilterOptions {
  /** Files in the order in which they are read; `-` is standard input. */
  readonly paths: readonly string[];
  /** True: lines of JSON are redacted by field name too. */
  readonly json: boolean;
  /** The file that audit entries are appended to. */
  readonly audit: string | undefined;
  /** True: no summary and no progress. */
  readonly quiet: boolean;
}

/** What counting is asked for. */
export interface ScanOptions {
  /** Files and folders; `-` is standard input. Not empty. */
  readonly paths: readonly string[];
  /** True: the report is one JSON document. */
  readonly json: boolean;
  /** True: no progress. */
  readonly quiet: boolean;
}

interface Given {
  readonly scan?: boolean;
  readonly json?: boolean;
  readonly audit?: string;
  readonly quiet?: boolean;
}

/** Adds the command. Throws UsageError for options that do not go together. */
export function redactCommand(
  program: Command,
  filter: (options: FilterOptions) => Promise<void>,
  scan: (options: ScanOptions) => Promise<void>,
): void {
  program
    .command("redact")
    .summary("take tokens out of what passes through, or count them in files")
    .description(
      "Copies standard input, or the files one after the other, to standard output, with <redacted:NAME:LENGTH> in place " +
        "of each token. All other bytes stay as they are. What is decided is passed on at once.",
    )
    .argument("[path...]", 'files; with --scan also folders; "-" is standard input')
    .helpOption("-h, --help", "print this")
    .option("--json", "lines of JSON: redact by field name too; with --scan: print one JSON document")
    .option("--audit <file>", "append what was redacted to this file, one JSON object a line; never any text")
    .option("--scan", "change nothing: count tokens in files and folders")
    .option("--quiet", "no summary and no progress on a terminal")
    .addHelpText("after", helpText())
    .action(async (given: readonly string[], options: Given) => {
      const { json = false, quiet = false, audit } = options;
      if (given.filter((path) => path === "-").length > 1)
        throw new UsageError("standard input can be read once only");
      if (!options.scan)
        return await filter({ paths: given.length === 0 ? ["-"] : given, json, audit, quiet });
      if (audit !== undefined)
        throw new UsageError("--scan redacts nothing that --audit could report; use --json");
      if (given.length === 0)
        throw new UsageError('--scan needs a file or folder, or "-" for standard input');
      await scan({ paths: given, json, quiet });
    });
}

function helpText(): string {
  const codes = redactExitCodeTable
    .map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`)
    .join("\n");
  return `
--scan looks into folders, but not into .git and node_modules unless they are named, and follows no links
that it finds there.

Exit codes:
${codes}

Examples:
  $ npm run deploy 2>&1 | holdfast redact | tee deploy.log
  $ kubectl logs -f api | holdfast redact --json --audit redactions.jsonl
  $ holdfast redact --scan .
`;
}
