/**
 * `holdfast conformance`: runs the suite.
 *
 * @module
 */

import {
  CaseFileError,
  type ConformanceOptions,
  ConformanceUsageError,
  runConformance,
} from "../conformance/index.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { print } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Runs the selected cases and prints the report. Throws UsageError when there is nothing to run, or it cannot be. */
export async function conformance(options: Omit<ConformanceOptions, "write">): Promise<ExitCode> {
  let written = Promise.resolve();
  const write = (line: string): void => {
    written = written.then(() => print(line));
  };
  try {
    const { failed } = await runConformance({ ...options, write });
    return failed === 0 ? exitCodes.done : exitCodes.threw;
  } catch (error) {
    if (error instanceof ConformanceUsageError || error instanceof CaseFileError)
      throw new UsageError(error.message);
    throw error;
  } finally {
    await written;
  }
}
