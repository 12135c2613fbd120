import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

let folder: string;
let project: string;
let packed: readonly string[];

function npm(words: readonly string[], cwd: string): string {
  return execFileSync("npm", words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-pack-"));
  project = join(folder, "project");
  mkdirSync(project);
  // The build has just run; building again here would pull dist/ from under the other tests.
  const report = npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root);
  const [{ files }] = JSON.parse(report) as [{ files: readonly { path: string }[] }];
  packed = files.map(({ path }) => path);
  writeFileSync(join(project, "package.json"), `{"name":"empty","private":true,"type":"module"}`);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
  npm(["install", "--prefer-offline", "--no-audit", "--no-fund", join(folder, tarball)], project);
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the package holds what runs, its types and the papers, and nothing else", () => {
  const strays = packed.filter(
    (path) =>
      !/^dist\/(runtime|stdlib|conformance|cli|types)\/.*(\.js|\.d\.ts|\.json)$/.test(path) &&
      !/^dist\/command\/[\w-]+\.cjs(\.v8)?$/.test(path) &&
      !["dist/command/engine.wasm", "dist/command/LICENSES.txt"].includes(path) &&
      path !== "dist/runtime/sandbox/template.image" &&
      !/^fixtures\/(case\.schema\.json|cases\/[\w/]+\.(json|ts)|providers\/\w+\.json)$/.test(path),
  );
  expect(
    strays.filter((path) => !/^(package\.json|LICENSE|README\.md|CHANGELOG\.md|SECURITY\.md)$/.test(path)),
  ).toEqual([]);
  const code = packed.filter((path) => !path.startsWith("fixtures/"));
  expect(code.filter((path) => /\.test\.|\.map$|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  expect(packed).toEqual(
    expect.arrayContaining([
      "LICENSE",
      "SECURITY.md",
      "dist/command/holdfast.cjs",
      "dist/command/run.cjs.v8",
      "dist/runtime/sandbox/template.image",
      "dist/runtime/index.js",
      "dist/runtime/index.d.ts",
      "dist/types/holdfast-oauth.d.ts",
      "fixtures/case.schema.json",
    ]),
  );
});

test("the installed command says its version and runs a script", () => {
  const version = spawnSync("npx", ["--no-install", "holdfast", "--version"], {
    cwd: project,
    encoding: "utf8",
  });
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  writeFileSync(
    join(project, "hello.ts"),
    `import { log } from "std/log";
import { memory } from "std/oauth/storage";
export default function ({ name }: { name: string }) {
  log(memory().kind);
  return \`hello \${name}\`;
}
`,
  );
  const words = ["--no-install", "holdfast", "run", "hello.ts", "--arg", "name=Ada"];
  const run = spawnSync("npx", words, { cwd: project, encoding: "utf8" });
  expect(run).toMatchObject({ status: 0, stdout: "hello Ada\n" });
  expect(run.stderr).toContain("memory");
});

test("the installed command runs the conformance suite", () => {
  const words = ["--no-install", "holdfast", "conformance", "client/forced_refresh"];
  const run = spawnSync("npx", words, { cwd: project, encoding: "utf8" });
  expect(run).toMatchObject({ status: 0, stdout: "2 passed, 0 failed\n" });
});

test.each([
  ["holdfast", "createRuntime"],
  ["holdfast/oauth", "oauth"],
  ["holdfast/oauth/client", "client"],
  ["holdfast/oauth/redaction", "pinoRedaction"],
  ["holdfast/oauth/storage", "memory"],
  ["holdfast/conformance", "storageContract"],
  ["holdfast/postgres", "postgresStorage"],
])("%s can be imported", (specifier, name) => {
  const words = [
    "--input-type=module",
    "--eval",
    `console.log(Object.keys(await import("${specifier}")).join())`,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: project, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout.trim().split(",")).toContain(name);
});
