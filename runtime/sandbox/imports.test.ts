import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { RunError } from "../host/run-error.ts";
import { formatError } from "./diagnostics.ts";
import { type LoadOptions, loadModules, type ModuleGraph } from "./imports.ts";
import { createStripper } from "./typescript.ts";

const stripper = createStripper();
afterAll(() => stripper.close());

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "imports-"));
  folder = join(root, "pipeline");
  mkdirSync(folder);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

const stdModules = new Map<string, readonly string[]>([
  ["std/http", ["http_get", "http_post", "http_request"]],
  ["std/env", ["env"]],
  ["std/oauth/client", ["client", "token", "request"]],
  ["std/testing", ["http_mock"]],
]);

function load(source: string, options: Partial<LoadOptions> = {}): Promise<ModuleGraph> {
  return loadModules({
    source,
    filename: "pipeline.ts",
    folder,
    stdModules,
    strip: stripper.strip,
    maxBytes: 100_000,
    testing: false,
    ...options,
  });
}

async function refusal(source: string, options: Partial<LoadOptions> = {}): Promise<RunError> {
  try {
    await load(source, options);
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

/** Where the first occurrence of `text` stands in a source of one line. */
function at(source: string, text: string): { file: string; line: number; column: number } {
  return { file: "pipeline.ts", line: 1, column: source.indexOf(text) + 1 };
}

describe("modules of the folder", () => {
  test("are read through every kind of import, by their path from the folder", async () => {
    write({
      "lib/a.ts": 'export const a: number = 1;\nimport "../b.js";',
      "b.js": 'export * from "./lib/deep/c.mts"; export const b = 2;',
      "lib/deep/c.mts": 'export { a } from "../a.ts";',
      "d.mjs": "export default 1;",
      "never.ts": "boom",
    });
    const graph = await load(
      'import { a } from "./lib/a.ts";\nimport type { N } from "./never.ts";\nconst d = await import(`./d.mjs`);\nawait import("./ne" + "ver.ts");',
    );
    expect(graph.main).toBe("pipeline.ts");
    expect([...graph.sources.keys()].sort()).toEqual([
      "b.js",
      "d.mjs",
      "lib/a.ts",
      "lib/deep/c.mts",
      "pipeline.ts",
    ]);
    expect(graph.sources.get("lib/a.ts")).toEqual({
      code: 'export const a         = 1;\nimport "../b.js";',
      original: 'export const a: number = 1;\nimport "../b.js";',
    });
  });

  test("cycles are fine, and the main module is not read again", async () => {
    write({
      "pipeline.ts": "export const onDisk = 1;",
      "a.ts": 'import { self } from "./pipeline.ts"; import "./a.ts"; export const a = self;',
    });
    const graph = await load('import { a } from "./a.ts"; export const self = 1;');
    expect([...graph.sources.keys()]).toEqual(["pipeline.ts", "a.ts"]);
    expect(graph.sources.get("pipeline.ts")?.original).toContain("self = 1");
  });

  test("a name in a folder of its own", async () => {
    write({ "jobs/lib.ts": "export const x = 1;" });
    for (const filename of ["jobs/nightly.ts", "./jobs//nightly.ts", join(folder, "jobs/nightly.ts")]) {
      const graph = await load('import { x } from "./lib.ts";', { filename });
      expect([...graph.sources.keys()]).toEqual(["jobs/nightly.ts", "jobs/lib.ts"]);
    }
  });

  test("a file name outside the folder shows no path of the host", async () => {
    for (const filename of ["/somewhere/else/pipeline.ts", "../pipeline.ts"]) {
      expect((await load("", { filename })).main).toBe("pipeline.ts");
      expect((await load("", { filename, folder: null })).main).toBe("pipeline.ts");
    }
  });

  test.each(["", ".", "..", "/", "a\\b.ts", "holdfast:guest/door.js", "a\0.ts", "std/http"])(
    "%j is no file name",
    async (filename) => expect((await refusal("", { filename })).code).toBe("HARN-RUN-015"),
  );

  test("the spelling of a specifier does not matter to what it names", async () => {
    write({ "a.ts": "export const a = 1;" });
    const graph = await load('import "./\\u0061.ts"; import "./x/../a.ts"; import "././a.ts";');
    expect([...graph.sources.keys()]).toEqual(["pipeline.ts", "a.ts"]);
  });
});

describe("nothing outside the folder is read", () => {
  beforeEach(() => {
    writeFileSync(join(root, "secret.ts"), "export const secret = 1;");
    mkdirSync(join(root, "pipeline2"));
    writeFileSync(join(root, "pipeline2", "x.ts"), "export const x = 1;");
    symlinkSync(join(root, "secret.ts"), join(folder, "link.ts"));
    symlinkSync(root, join(folder, "up"));
    symlinkSync(join(root, "missing.ts"), join(folder, "dangling.ts"));
    symlinkSync("loop.ts", join(folder, "loop.ts"));
  });

  test.each([
    "../secret.ts",
    "./lib/../../secret.ts",
    "../pipeline/../secret.ts",
    "../pipeline2/x.ts",
    "./link.ts",
    "./up/secret.ts",
    "./up/pipeline2/x.ts",
    "./dangling.ts",
    "./loop.ts",
    "./..\\secret.ts",
    "././/../secret.ts",
    "./%2e%2e/../../secret.ts",
    "./a:b.ts",
  ])("%s", async (specifier) => {
    const source = `import ${JSON.stringify(specifier)};`;
    const error = await refusal(source);
    expect(error.code).toBe("HARN-RUN-011");
    expect(error.message).toContain("does not lie in the pipeline's folder");
    expect(error.location).toEqual(at(source, '"'));
    expect(error.message).not.toContain(root);
  });

  test("a module of a sub-folder cannot climb out either", async () => {
    write({ "lib/a.ts": 'import "../../secret.ts";' });
    expect((await refusal('import "./lib/a.ts";')).location).toEqual({
      file: "lib/a.ts",
      line: 1,
      column: 8,
    });
  });

  test("a link that stays inside is fine, and so is a folder that is a link", async () => {
    write({ "lib/a.ts": "export const a = 1;" });
    symlinkSync("lib/a.ts", join(folder, "alias.ts"));
    expect((await load('import { a } from "./alias.ts";')).sources.has("alias.ts")).toBe(true);
    symlinkSync(folder, join(root, "by-link"));
    expect(
      (await load('import "./lib/a.ts";', { folder: join(root, "by-link") })).sources.has("lib/a.ts"),
    ).toBe(true);
  });

  test("without a folder no relative import is possible", async () => {
    const error = await refusal('import "./a.ts";', { folder: null });
    expect(error.message).toBe('"./a.ts" cannot be imported: this script has no folder');
  });
});

describe("files that cannot be modules", () => {
  test("missing ones, with the name that was meant", async () => {
    write({ "lib/format.ts": "", "lib/notes.txt": "", "util.js": "" });
    expect(await refusal('import "./lib/fromat.ts";')).toMatchObject({
      message: '"./lib/fromat.ts" does not exist',
      hint: 'Did you mean "./lib/format.ts"?',
    });
    expect((await refusal('import "./util.ts";')).hint).toBe('Did you mean "./util.js"?');
    expect((await refusal('import "./lib/format";')).hint).toBe('Did you mean "./lib/format.ts"?');
    expect((await refusal('import "./nowhere/x.ts";')).hint).not.toContain("Did you mean");
  });

  test("other endings", async () => {
    write({ "data.json": "{}" });
    for (const name of ["data.json", "a", "a.tsx", "a.ts.txt"]) {
      expect((await refusal(`import "./${name}";`)).message).toContain(
        "does not end in .ts, .mts, .js, .mjs",
      );
    }
    expect((await refusal('import "./";')).code).toBe("HARN-RUN-011");
    expect((await refusal('import ".";')).code).toBe("HARN-RUN-011");
  });

  test("folders, pipes, and text that is not UTF-8", async () => {
    write({
      "folder.ts/x": "",
      "latin.ts": new Uint8Array([0x2f, 0x2f, 0xe9]),
      "bom.js": "\ufeffexport const b = 1;",
    });
    execFileSync("mkfifo", [join(folder, "pipe.ts")]);
    expect((await refusal('import "./folder.ts";')).message).toContain("cannot be read");
    expect((await refusal('import "./pipe.ts";')).message).toContain("cannot be read");
    expect((await refusal('import "./latin.ts";')).message).toBe('"./latin.ts" is not UTF-8 text');
    expect((await load('import "./bom.js";')).sources.get("bom.js")?.code).toBe("export const b = 1;");
  });

  test("characters that the engine would cut or change", async () => {
    expect(await refusal("let a;\n'\0'", { filename: "p.js" })).toMatchObject({
      code: "HARN-RUN-012",
      location: { file: "p.js", line: 2, column: 2 },
    });
    expect((await refusal("'\ud800'", { filename: "p.js" })).code).toBe("HARN-RUN-012");
  });

  test("the size of all sources together is capped", async () => {
    const main = 'import "./a.ts";';
    write({ "a.ts": `//${"é".repeat(10)}` });
    expect((await load(main, { maxBytes: main.length + 22 })).sources.size).toBe(2);
    const error = await refusal(main, { maxBytes: main.length + 21 });
    expect(error).toMatchObject({
      code: "HARN-RUN-015",
      message: "the pipeline's sources are larger than 37 bytes",
      location: at(main, '"'),
    });
    expect((await refusal("//é", { maxBytes: 3 })).code).toBe("HARN-RUN-015");
    expect((await load("//é", { maxBytes: 4 })).sources.size).toBe(1);
  });
});

describe("std modules", () => {
  test("what exists can be imported", async () => {
    const graph = await load(
      'import { http_get, http_post as post } from "std/http"; import * as c from "std/oauth/client"; export { env } from "std/env"; import "std/env"; await import("std/http");',
    );
    expect([...graph.sources.keys()]).toEqual(["pipeline.ts"]);
  });

  test("an unknown module names its nearest", async () => {
    const source = 'import { http_get } from "std/htpp";';
    expect(formatError(await refusal(source))).toMatchInlineSnapshot(`
      "HARN-RUN-011: there is no module "std/htpp"
        pipeline.ts:1:26
      > 1 | import { http_get } from "std/htpp";
          |                          ^
        Did you mean "std/http"?"
    `);
    expect((await refusal('import "std/something";')).hint).toBe(
      "A script can import std/http, std/env, std/oauth/client, std/testing and files of the pipeline's own folder, such as ./lib.ts.",
    );
    expect((await refusal("await import('std/htpp')")).location).toMatchObject({ column: 14 });
    expect((await refusal('import "s\\u0074d/htpp"')).message).toBe('there is no module "std/htpp"');
  });

  test("an unknown name names its nearest, where it stands", async () => {
    const source = "/* 😀 */ import { http_post, httpGet as get } from 'std/http';";
    expect(await refusal(source)).toMatchObject({
      code: "HARN-RUN-011",
      message: '"std/http" does not export httpGet',
      hint: "Did you mean http_get?",
      location: { line: 1, column: 29 },
    });
    expect((await refusal('export { fetch } from "std/http";')).hint).toBe(
      "It exports http_get, http_post, http_request.",
    );
    expect((await refusal('import { Client } from "std/http";')).hint).toBe(
      "If Client is a type, write import type.",
    );
    expect((await refusal('import http from "std/http";')).message).toBe('"std/http" has no default export');
  });

  test("std/testing needs its grant, in every form", async () => {
    for (const source of [
      'import { http_mock } from "std/testing";',
      'await import("std/testing");',
      'export * from "std/testing";',
    ]) {
      const error = await refusal(source);
      expect(error).toMatchObject({
        code: "HARN-RUN-010",
        hint: "Add --testing",
        location: at(source, '"'),
      });
      await load(source, { testing: true });
    }
  });
});

describe("nothing else can be imported", () => {
  test.each([
    ["node:fs", "a script has no Node modules"],
    ["npm:lodash", "a script has no packages"],
    ["lodash", "a script has no packages"],
    ["@scope/x", "a script has no packages"],
    ["#internal", "a script has no packages"],
    ["", "a script has no packages"],
    ["https://example.com/x.js", "nothing is loaded from a URL"],
    ["http://example.com/x.js", "nothing is loaded from a URL"],
    ["data:text/javascript,1", "nothing is loaded from a URL"],
    ["DATA:text/javascript,1", "nothing is loaded from a URL"],
    ["/etc/passwd", "only relative paths are read"],
    ["file:///etc/passwd", "only relative paths are read"],
    ["\\\\host\\share", "only relative paths are read"],
    [".../x.ts", "a script has no packages"],
    ["holdfast:guest/door.js", "a script has no packages"],
  ])("%j", async (specifier, problem) => {
    for (const source of [
      `import x from ${JSON.stringify(specifier)};`,
      `export * from ${JSON.stringify(specifier)};`,
      `await import(${JSON.stringify(specifier)});`,
    ]) {
      const error = await refusal(source);
      expect(error.code).toBe("HARN-RUN-011");
      expect(error.message).toContain(problem);
      expect(error.location).toEqual(at(source, '"'));
    }
  });

  test("a bare name that is nearly a std module", async () => {
    expect((await refusal('import "http";')).hint).toBe('Did you mean "std/http"?');
    expect((await refusal('import "oauth/client";')).hint).toBe('Did you mean "std/oauth/client"?');
  });

  test.each([
    ['import j from "./a.ts" with { type: "json" };', "import attributes are not supported"],
    ['export * from "std/http" with { type: "json" };', "import attributes are not supported"],
    ['import("std/http", { with: { type: "json" } });', "import attributes are not supported"],
    ["import(name, options);", "import attributes are not supported"],
    ['import source x from "std/http";', "this kind of import is not supported"],
    ['import defer * as x from "std/http";', "this kind of import is not supported"],
    ['import.defer("std/http");', "this kind of import is not supported"],
  ])("%s", async (source, problem) => {
    expect(await refusal(source, { filename: "p.js" })).toMatchObject({
      code: "HARN-RUN-011",
      message: problem,
    });
  });

  test("no attributes, a trailing comma and import.meta are fine", async () => {
    const source = 'import "std/http" with {}; import("std/http",); import.meta.url; import(name);';
    expect((await load(source)).sources.get("pipeline.ts")?.code).toBe(source);
  });
});

describe("names of own modules", () => {
  test("a name that is not exported is refused where it stands", async () => {
    write({
      "lib.ts": "export const first: number = 1, second = 2;\nexport function third() {}\nfunction own() {}",
    });
    await load('import { first, second, third } from "./lib.ts";');
    expect(await refusal('import { thrid } from "./lib.ts";')).toMatchObject({
      message: '"./lib.ts" does not export thrid',
      hint: "Did you mean third?",
      location: { line: 1, column: 10 },
    });
    expect((await refusal('import { own } from "./lib.ts";')).hint).toBe("It exports first, second, third.");
    expect((await refusal('import lib from "./lib.ts";')).message).toBe('"./lib.ts" has no default export');
  });

  test("what the scanner cannot know is left to the engine", async () => {
    write({
      "star.ts": 'export * from "./comma.ts";',
      "comma.ts": "export const a = 1\n  , b = 2;",
      "escape.js": "export let \\u0061b = 1;",
      "broken.js": "export const a = (",
    });
    const graph = await load(
      'import { a, b } from "./comma.ts"; import { b as c } from "./star.ts"; import { ab } from "./escape.js"; import { x } from "./broken.js";',
    );
    expect(graph.sources.size).toBe(5);
  });
});

describe("syntax errors", () => {
  test("of JavaScript are left to the engine", async () => {
    const source = "import { nothing } from 'std/http'; let x = (;";
    const graph = await load(`${source} '`, { filename: "p.js" });
    expect(graph.sources.get("p.js")?.code).toBe(`${source} '`);
  });

  test("of TypeScript name the file", async () => {
    write({ "lib/a.ts": "let a: = 1;" });
    expect(await refusal('import "./lib/a.ts";')).toMatchObject({
      code: "HARN-RUN-012",
      location: { file: "lib/a.ts", line: 1, column: 8 },
    });
  });

  test("scanning survives hostile text, and evaluates none of it", async () => {
    for (const source of [
      "(".repeat(50_000),
      "`${".repeat(30_000),
      `${"[".repeat(40_000)}${"]".repeat(40_000)}`,
      "/*".repeat(40_000),
    ]) {
      await load(source, { filename: "p.js" });
    }
    const mark = "globalThis.evaluated = 1";
    for (const source of [
      `import(\`\${${mark}}\`)`,
      `import("a" + (${mark}))`,
      `import x from "std/http"; export { x as "a${mark}" }`,
    ]) {
      await load(source, { filename: "p.js" }).catch(() => undefined);
    }
    expect("evaluated" in globalThis).toBe(false);
    await load('import { env } from "std/env";');
  });
});
