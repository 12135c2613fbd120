/**
 * Faults that group S of the attack table catches: a sandbox that contains less than it promises.
 *
 * That memory is zeroed between two tenants is no row: no script can see whether it was, so the tests look at the memory.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const sandbox = "runtime/sandbox";

export const attackSMutants: readonly Mutant[] = [
  {
    name: "gives a run the sandbox as the last one left it",
    file: `${sandbox}/template.js`,
    find: "engine.reset(image, lastTenant !== null && lastTenant !== tenant);",
    replace: "",
    rows: ["containment/s175_", "containment/s176_"],
  },
  {
    name: "does not stop what never asks whether it should stop",
    file: `${sandbox}/run.js`,
    find: "if (worker.cpu() > limits.cpu + limits.grace)",
    replace: "if (false)",
    rows: ["containment/s010_"],
  },
  {
    name: "does not read the CPU limit",
    file: `${sandbox}/limits.js`,
    find: 'name === "memory" ? Math.ceil(value / page) * page : value;',
    replace: 'name === "memory" ? Math.ceil(value / page) * page : name === "cpu" ? range.maximum : value;',
    rows: ["containment/s001_"],
  },
  {
    name: "gives a sandbox four times the memory",
    file: `${sandbox}/engine.js`,
    find: "Math.floor(options.memory / pageBytes)",
    replace: "Math.floor((4 * options.memory) / pageBytes)",
    rows: ["containment/s059_"],
  },
  {
    name: "takes a refused allocation for an error of the script",
    file: `${sandbox}/explain-ending.js`,
    find: 'error.message === "out of memory"',
    replace: "false",
    rows: ["containment/s048_"],
  },
  {
    name: "forgets that the guest lacks memory",
    file: `${sandbox}/runner.js`,
    find: 'run.engine.memoryRefusals() > 0 ? over("memory") : endWaiting("stuck")',
    replace: 'endWaiting("stuck")',
    rows: ["containment/s177_"],
  },
  {
    name: "takes a stack overflow for an error of the script",
    file: `${sandbox}/explain-ending.js`,
    find: 'error.message === "stack overflow"',
    replace: "false",
    rows: ["containment/s086_"],
  },
  {
    name: "lets a result be as large as it likes",
    file: `${sandbox}/run.js`,
    find: "settled.bytes <= limits.result",
    replace: "settled.bytes >= 0",
    rows: ["containment/s120_"],
  },
  {
    name: "does not count the bytes of the log",
    file: "runtime/host/run-log.js",
    find: "if (bytes > maxBytes)",
    replace: "if (false)",
    rows: ["containment/s121_"],
  },
  {
    name: "does not count pending calls",
    file: `${sandbox}/runner.js`,
    find: "if (run.calls >= run.pendingCalls)",
    replace: "if (false)",
    rows: ["containment/s123_"],
  },
  {
    name: "does not measure a call at the door",
    file: `${sandbox}/runner.js`,
    find: "if (text.length > maxMessage)",
    replace: "if (false)",
    rows: ["containment/s136_"],
  },
  {
    name: "waits for a promise that nothing can settle",
    file: `${sandbox}/runner.js`,
    find: "if (!more && run.calls === 0 && run.invocations === 0)",
    replace: "if (false)",
    rows: ["containment/s122_"],
  },
  {
    name: "waits for a function of the script without an end",
    file: `${sandbox}/bridge.js`,
    find: "}, options.callbackTimeout);",
    replace: "}, 2_000_000_000);",
    rows: ["containment/s170_"],
  },
  {
    name: "leaves the door among the globals",
    file: `${sandbox}/guest/door.js`,
    find: 'delete globalThis["__holdfast_door"];',
    replace: "",
    rows: ["containment/s111_"],
  },
  {
    name: "leaves what makes code from text",
    file: `${sandbox}/guest/door.js`,
    find: '["eval", "Function", "SharedArrayBuffer",',
    replace: '["SharedArrayBuffer",',
    rows: ["containment/s110_"],
  },
  {
    name: "leaves the constructors of functions on their prototypes",
    file: `${sandbox}/guest/door.js`,
    find: 'delete getPrototypeOf(functionKinds[i])["constructor"];',
    replace: "",
    rows: ["containment/s110_"],
  },
  {
    name: "leaves memory that two threads could share",
    file: `${sandbox}/guest/door.js`,
    find: '"SharedArrayBuffer", ',
    replace: "",
    rows: ["containment/s124_"],
  },
  {
    name: "lets a script import the sandbox's own modules",
    file: `${sandbox}/runner.js`,
    find: 'return base.startsWith("holdfast:") || fixed.has(base) ? specifier : null;',
    replace: "return specifier;",
    rows: ["containment/s103_"],
  },
];
