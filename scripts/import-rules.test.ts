import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const command = new URL("../../scripts/import-rules.mjs", import.meta.url);
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Offence {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

const rules = (await import(command.href)) as { offences(root: string): readonly Offence[] };

function project(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "holdfast-rules-"));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function offences(files: Record<string, string>): string[] {
  return rules.offences(project(files)).map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

test("a project that keeps the rules passes", () => {
  expect(
    offences({
      "cli/main.ts": `import { run } from "../runtime/index.ts"; import { oauth } from "../stdlib/oauth/index.ts";`,
      "runtime/index.ts": `export { run } from "./sandbox/run.ts"; export type * from "./ports.ts";`,
      "runtime/ports.ts": "export interface Ports {}",
      "runtime/plugin.ts": `import type { Ports } from "./ports.ts";`,
      "runtime/host/egress.ts": `import { Agent } from "undici"; import net from "node:net";`,
      "runtime/host/address.ts": `import { isIP } from "node:net"; import type { Agent } from "undici";`,
      "runtime/sandbox/engine.ts": `import { newVariant } from "quickjs-emscripten-core";`,
      "runtime/sandbox/run.ts": `import "../host/egress.ts"; import "../std/env.ts"; export const run = 1;`,
      "runtime/std/env.ts": `import type { Ports } from "../ports.ts";`,
      "runtime/sandbox/guest/door.ts": `import "./globals.ts";`,
      "runtime/sandbox/guest/globals.ts": "export {};",
      "stdlib/oauth/index.ts": `import "./storage/file.ts"; import "../../runtime/plugin.ts"; export const oauth = 1;`,
      "stdlib/oauth/storage/file.ts": `import { readFile } from "node:fs/promises";`,
      "stdlib/oauth/node.ts": `import "./index.ts"; import "../../runtime/host/egress.ts";`,
      "stdlib/oauth/index.test.ts": `import "../../runtime/sandbox/run.ts"; import http from "node:http";`,
      "runtime/host/server.test.support.ts": `import http from "node:http";`,
      "conformance/index.ts": `import "../runtime/index.ts"; import "../stdlib/oauth/index.ts";`,
    }),
  ).toEqual([]);
});

const cases: readonly (readonly [string, Record<string, string>, string])[] = [
  [
    "an import that goes up",
    { "runtime/host/a.ts": `\nimport "../sandbox/b.ts";`, "runtime/sandbox/b.ts": "" },
    "runtime/host/a.ts:2: imports up: runtime/host may not import runtime/sandbox/b.ts",
  ],
  [
    "a type import that goes up",
    { "runtime/ports.ts": `import type { B } from "./host/b.ts";`, "runtime/host/b.ts": "" },
    "runtime/ports.ts:1: imports up: ports may not import runtime/host/b.ts",
  ],
  [
    "an import type node that goes up",
    { "runtime/ports.ts": `export type B = import("./host/b.ts").B;`, "runtime/host/b.ts": "" },
    "runtime/ports.ts:1: imports up: ports may not import runtime/host/b.ts",
  ],
  [
    "a package of PostgreSQL outside of its folder",
    { "stdlib/oauth/storage/cloud.ts": `import { Pool } from "pg";` },
    "stdlib/oauth/storage/cloud.ts:1: imports pg: only stdlib/oauth/storage/postgres/ names the optional packages of PostgreSQL",
  ],
  [
    "a re-export that goes up",
    { "conformance/a.ts": `export * from "../cli/b.ts";`, "cli/b.ts": "" },
    "conformance/a.ts:1: imports up: conformance may not import cli/b.ts",
  ],
  [
    "stdlib that knows the sandbox",
    { "stdlib/oauth/a.ts": `import "../../runtime/sandbox/b.ts";`, "runtime/sandbox/b.ts": "" },
    "stdlib/oauth/a.ts:1: stdlib/oauth never imports runtime/sandbox (runtime/sandbox/b.ts)",
  ],
  [
    "the sandbox that knows OAuth",
    { "runtime/std/a.ts": `await import("../../stdlib/oauth/b.ts");`, "stdlib/oauth/b.ts": "" },
    "runtime/std/a.ts:1: runtime/sandbox never imports stdlib/oauth (stdlib/oauth/b.ts)",
  ],
  [
    "the runtime's face that knows OAuth",
    { "runtime/index.ts": `import "../stdlib/oauth/b.ts";`, "stdlib/oauth/b.ts": "" },
    "runtime/index.ts:1: runtime/index.ts never imports stdlib/oauth (stdlib/oauth/b.ts)",
  ],
  [
    "stdlib that reaches behind its ports",
    { "stdlib/oauth/a.ts": `import "../../runtime/host/b.ts";`, "runtime/host/b.ts": "" },
    "stdlib/oauth/a.ts:1: stdlib/oauth never imports runtime/host (runtime/host/b.ts)",
  ],
  [
    "the engine's name outside engine.ts",
    {
      "runtime/sandbox/a.ts": `import type { Q } from "@jitl/quickjs-ffi-types";\nimport q from "quickjs-emscripten-core";`,
    },
    "runtime/sandbox/a.ts:2: imports quickjs-emscripten-core: only runtime/sandbox/engine.ts names the sandbox engine",
  ],
  [
    "an HTTP client outside egress.ts",
    { "stdlib/oauth/a.ts": `import { request } from "https";` },
    "stdlib/oauth/a.ts:1: imports https: only the files of egress open connections",
  ],
  [
    "a socket outside egress.ts",
    { "runtime/host/a.ts": `import { connect, isIP } from "node:net";` },
    "runtime/host/a.ts:1: imports node:net: only the files of egress open connections",
  ],
  [
    "a storage that listens",
    { "stdlib/oauth/storage/a.ts": `import { createServer } from "node:net";` },
    "stdlib/oauth/storage/a.ts:1: imports node:net: only the files of egress open connections",
  ],
  [
    "the global fetch",
    { "stdlib/oauth/a.ts": `export const a = () => fetch("https://example.com");` },
    "stdlib/oauth/a.ts:1: calls the global fetch: only runtime/host/egress.ts opens connections",
  ],
  [
    "files outside storage/",
    { "stdlib/oauth/a.ts": `import { readFileSync } from "node:fs";` },
    "stdlib/oauth/a.ts:1: imports node:fs: stdlib reads and writes files in storage/ only",
  ],
  [
    "guest code that leaves the guest",
    { "runtime/sandbox/guest/a.ts": `import "../b.ts";`, "runtime/sandbox/b.ts": "" },
    "runtime/sandbox/guest/a.ts:1: guest code imports runtime/sandbox/b.ts from outside the guest",
  ],
  [
    "guest code with a package",
    { "runtime/sandbox/guest/a.ts": `import "node:path";` },
    "runtime/sandbox/guest/a.ts:1: guest code imports the package node:path",
  ],
  [
    "host code that imports guest code",
    { "runtime/sandbox/a.ts": `import "./guest/b.ts";`, "runtime/sandbox/guest/b.ts": "" },
    "runtime/sandbox/a.ts:1: imports guest code runtime/sandbox/guest/b.ts; the guest is loaded as text",
  ],
  [
    "a shipped file that needs scripts/",
    { "cli/a.ts": `import "../scripts/b.ts";`, "scripts/b.ts": "" },
    "cli/a.ts:1: imports scripts/b.ts, which is not shipped",
  ],
  [
    "a computed import",
    { "runtime/host/a.ts": "export const load = (name: string) => import(name);" },
    "runtime/host/a.ts:1: import() of a computed name cannot be checked",
  ],
  [
    "a file on no floor",
    { "runtime/stray.ts": "" },
    "runtime/stray.ts:1: stands on no floor; give it one in scripts/import-rules.mjs",
  ],
  [
    "a circle",
    {
      "runtime/host/a.ts": `import "./b.ts";`,
      "runtime/host/b.ts": `import type { C } from "./c.ts";`,
      "runtime/host/c.ts": `import "./a.ts";`,
    },
    "runtime/host/c.ts:1: circle: runtime/host/a.ts > runtime/host/b.ts > runtime/host/c.ts > runtime/host/a.ts",
  ],
];

test.each(cases)("finds %s", (_name, files, line) => {
  expect(offences(files)).toEqual([line]);
});

test("the command prints what it finds and fails; without a find it is silent", () => {
  const bad = project({ "runtime/stray.ts": "" });
  const run = (root: string) =>
    spawnSync(process.execPath, [fileURLToPath(command), root], { encoding: "utf8" });
  expect(run(bad)).toMatchObject({
    status: 1,
    stdout: "runtime/stray.ts:1: stands on no floor; give it one in scripts/import-rules.mjs\n",
  });
  expect(run(project({ "runtime/ports.ts": "" }))).toMatchObject({ status: 0, stdout: "" });
});
