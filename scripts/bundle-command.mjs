// Joins the files of the command in dist/ into a few in dist/command/, because finding and reading 270 of them takes longer than a
// script. They are CommonJS, which Node loads without its loader for ES modules, and the packages that every run needs are joined too.
//
//   holdfast.cjs     the command: loads main.cjs, and through it the others, with what V8 made of them (joined-code.ts)
//   worker.cjs       the sandbox's thread
//   engine.wasm      the engine, beside the loader of the same package that is joined into worker.cjs
//   LICENSES.txt     those of the packages
//
// The conformance command stays apart, since its probes load files of dist/ one by one.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { rolldown } from "rolldown";
import {
  builtinsLater,
  ciphers,
  ciphersLater,
  importByHand,
  inAscii,
  keepPlaces,
  leaveOut,
} from "./bundle-plugins.mjs";

/** Packages that few runs need, or that find files of their own; and what is joined apart. */
const apart = [
  "undici",
  "jose",
  "fs-native-extensions",
  "@napi-rs/keyring",
  "pg",
  "graphile-worker",
  "@swc/wasm-typescript",
  "aes.cjs",
];

/** Joins the command of the compiled project in `dist`. */
export async function bundleCommand(dist) {
  const folder = join(dist, "command");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const joined = new Set();
  const write = async ({ input, plugins = [], resolve = {}, codeSplitting }) => {
    const bundle = await rolldown({
      input,
      platform: "node",
      external: [/^node:(?!child_process$)/, ...apart],
      plugins: [keepPlaces(dist, folder), leaveOut, ...plugins],
      resolve,
    });
    const { output } = await bundle.generate({
      format: "cjs",
      entryFileNames: "[name].cjs",
      chunkFileNames: "[name].cjs",
      minify: { compress: false, mangle: false },
      codeSplitting,
    });
    await bundle.close();
    for (const { fileName, code, moduleIds } of output) {
      writeFileSync(join(folder, fileName), inAscii(code));
      for (const id of moduleIds) {
        const [home] = /^.*\/node_modules\/(@[^/]+\/)?[^/]+\//.exec(id.split(sep).join("/")) ?? [];
        if (home !== undefined) joined.add(home);
      }
    }
  };
  await write({
    input: join(dist, "cli", "main.js"),
    plugins: [ciphersLater, builtinsLater, importByHand],
    // In a chunk of its own, so that the thread starts before it is loaded.
    codeSplitting: { groups: [{ name: "commander", test: /node_modules.commander/ }] },
  });
  await write({ input: { aes: ciphers }, codeSplitting: false });
  await write({ input: join(dist, "cli", "joined-code.js"), codeSplitting: false });
  await write({
    input: join(dist, "runtime", "sandbox", "worker.js"),
    // The engine's loader for browsers is the one that looks for nothing in Node; it is given all it needs.
    resolve: { conditionNames: ["browser", "import"] },
    codeSplitting: false,
  });
  copyFileSync(
    createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm"),
    join(folder, "engine.wasm"),
  );
  writeFileSync(join(folder, "LICENSES.txt"), [...joined].map(licenceOf).join("\n"));
  writeFileSync(
    join(folder, "holdfast.cjs"),
    '#!/usr/bin/env node\nrequire("./joined-code.cjs").joinedCode(__dirname).load("main.cjs");\n',
  );
  // Whoever starts the compiled file of cli/main.ts starts the same command.
  writeFileSync(
    join(dist, "cli", "main.js"),
    'import { createRequire } from "node:module";\ncreateRequire(import.meta.url)("../command/holdfast.cjs");\n',
  );
  keepCode(dist);
}

/** What a package that was joined asks to be kept with its code. */
function licenceOf(home) {
  const { name, version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  return `${name} ${version}\n\n${readFileSync(join(home, "LICENSE"), "utf8")}`;
}

/** Lets V8's code of what a run needs be kept. */
function keepCode(dist) {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-build-"));
  try {
    const script = join(folder, "hello.js");
    writeFileSync(script, 'export default () => "hello";\n');
    const words = [join(import.meta.dirname, "code-cache.mjs"), dist, script];
    execFileSync(process.execPath, words, { stdio: ["ignore", "ignore", "inherit"] });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
