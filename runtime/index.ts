/**
 * Holdfast's runtime: runs scripts that nobody trusts, in a sandbox, with a standard library that the host controls.
 *
 * @module
 */

export type { EgressLimits, EgressOptions, Lookup, NetworkAddress } from "./host/egress.ts";
export { type LogLine } from "./host/run-log.ts";
export { RunError, type RunErrorCode, runErrorCodes, type SourceLocation } from "./host/run-error.ts";
export { jsonlSink, memorySink } from "./host/sinks.ts";
export type { TestingWorld } from "./host/testing-world.ts";
export type { Usage } from "./host/usage.ts";
export {
  definePlugin,
  type Operations,
  type Plugin,
  plain,
  type StdFunction,
  type StdModule,
} from "./plugin.ts";
export type * from "./ports.ts";
export { capability } from "./sandbox/capability.ts";
export { errorJson, formatError } from "./sandbox/diagnostics.ts";
export type { Grants } from "./sandbox/grants.ts";
export type { Limits } from "./sandbox/limits.ts";
export type { Meter, MetricAttributes } from "./sandbox/metrics.ts";
export type { RunResult } from "./sandbox/run.ts";
export type { Capability, Environment, SecretValue } from "./sandbox/run-ports.ts";
export { ScriptError } from "./sandbox/script-error.ts";
export { createRuntime, type RunRequest, type Runtime, type RuntimeOptions } from "./sandbox/runtime.ts";
