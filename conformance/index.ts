/**
 * The conformance suite: what an embedder runs in their own tests, and another implementation is judged by.
 *
 * @module
 */

export type { CaseFile, ModeName } from "./case-format.ts";
export type { Finding } from "./finding.ts";
export { CaseFileError } from "./load-cases.ts";
export type { Difference } from "./matchers.ts";
export type { ReporterName } from "./reporters.ts";
export type { CaseResult } from "./run-case.ts";
export {
  type ConformanceOptions,
  type ConformanceReport,
  ConformanceUsageError,
  runConformance,
} from "./run-conformance.ts";
export { type StorageUnderTest, storageContract, type TestApi } from "./storage-contract.ts";
