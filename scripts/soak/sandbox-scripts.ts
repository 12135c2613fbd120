/**
 * The scripts of the soak: one that works and looks for traces of others, and many that do harm.
 *
 * @module
 */

/** What a script of the soak is, and how it must end. */
export interface SoakScript {
  readonly name: string;
  readonly source: string;
  /** The code of the error that it must end with; `threw` for an error of its own, or null when it must answer. */
  readonly ends: string | null;
}

const lookAndLeave = `
const seen = [globalThis.left, Object.prototype.left, Array.prototype.left, JSON.stringify([1]), typeof URL, String(Promise).length > 0];
globalThis.left = Object.prototype.left = Array.prototype.left = "left behind";
JSON.stringify = () => "broken";
delete globalThis.URL;
globalThis.Promise = null;
`;

/** Answers the number it was given, and what it found: see {@link cleanRealm}. */
export const worker: SoakScript = {
  name: "work",
  source: `
import { sleep } from "std/time";
${lookAndLeave}
const mine = [Math.random(), Math.random()];
export default async function ({ number }) {
  const pending = sleep(3_600);
  await sleep(0);
  return { number, seen, mine };
}`,
  ends: null,
};

/** What a script sees of a realm in which no script ran. */
export const cleanRealm: readonly unknown[] = [null, null, null, "[1]", "function", true];

/** Each ends in its own way. The limits are those of \`soakLimits\`. */
export const attacks: readonly SoakScript[] = [
  { name: "a loop", source: "for (;;);", ends: "HARN-RUN-002" },
  {
    name: "a built-in that never asks",
    source: "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);",
    ends: "HARN-RUN-002",
  },
  {
    name: "promises without an end",
    source:
      "const go = async () => { for (;;) await null; }; for (let i = 0; i < 50; i++) go(); await new Promise(() => {});",
    ends: "HARN-RUN-002",
  },
  {
    name: "memory",
    source: "const held = []; for (;;) held.push(new Uint8Array(1 << 20).fill(1));",
    ends: "HARN-RUN-001",
  },
  { name: "recursion", source: "const deep = () => 1 + deep(); deep();", ends: "HARN-RUN-004" },
  { name: "nested source", source: `export const result = ${"[".repeat(20_000)}`, ends: "HARN-RUN-012" },
  { name: "a promise that nobody settles", source: "await new Promise(() => {});", ends: "HARN-RUN-008" },
  {
    name: "calls without an end",
    source:
      'import { sleep } from "std/time"; const all = []; for (let i = 0; i < 200; i++) all.push(sleep(3_600)); await Promise.all(all);',
    ends: "HARN-RUN-007",
  },
  {
    name: "a result too large",
    source: 'export const result = "x".repeat(300_000);',
    ends: "HARN-RUN-005",
  },
  {
    name: "a log without an end",
    source: 'import { log } from "std/log"; for (;;) log("x".repeat(10_000));',
    ends: "HARN-RUN-006",
  },
  { name: "an import", source: 'import "node:fs";', ends: "HARN-RUN-011" },
  { name: "no source", source: "export default (", ends: "HARN-RUN-012" },
  {
    name: "pollution of what is thrown",
    source:
      'throw JSON.parse(\'{"__proto__": {"left": 1}, "message": "x", "constructor": {"prototype": {"left": 1}}}\');',
    ends: "threw",
  },
  {
    name: "a huge error",
    source: 'throw new Error("x".repeat(1_000_000));',
    ends: "threw",
  },
  {
    name: "frozen and replaced built-ins",
    source: `${lookAndLeave} for (const name of Object.getOwnPropertyNames(globalThis)) try { Object.freeze(globalThis[name]?.prototype); globalThis[name] = 1; } catch {} throw new Error("done");`,
    ends: "threw",
  },
];
