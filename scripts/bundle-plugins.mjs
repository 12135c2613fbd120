// What is changed in the files of the command while they are joined: see bundle-command.mjs. Each is a plugin of rolldown.
import { relative, sep } from "node:path";

/** How engine-code.ts finds the engine, and where it is for the joined files. */
const engineFile = 'createRequire(import.meta.url).resolve("@jitl/quickjs-wasmfile-release-sync/wasm")';
const engineBeside = 'new URL("engine.wasm", import.meta.url)';

/** Tells a file that looks for another beside it where it was; the thread, the engine and the conformance command have other places. */
export function keepPlaces(dist, folder) {
  const from = (file) => JSON.stringify(relative(folder, file).split(sep).join("/"));
  return {
    name: "keep-places",
    resolveId: (specifier) =>
      specifier === "./conformance.js" ? { id: "../cli/conformance.js", external: true } : null,
    transform: {
      filter: { code: "import.meta.url" },
      handler: (code, file) =>
        file.startsWith(dist + sep)
          ? code
              .replace(engineFile, engineBeside)
              .replace('new URL("./worker.js", import.meta.url)', 'new URL("worker.cjs", import.meta.url)')
              .replaceAll(
                /(?<!"engine\.wasm", |"worker\.cjs", )import\.meta\.url/g,
                `new URL(${from(file)}, import.meta.url).href`,
              )
          : null,
    },
  };
}

/** Leaves out what packages bring and no run needs. */
export const leaveOut = {
  name: "leave-out",
  // commander starts programs as subcommands; we have none.
  resolveId: (specifier) => (specifier === "node:child_process" ? "\0nothing" : null),
  load: (id) => (id === "\0nothing" ? "export default {};" : null),
  transform: {
    filter: { id: /es-module-lexer/ },
    // Running it as plain JavaScript is quicker than compiling all of it for one source.
    handler: (code) => code.replace(/["'`]use asm["'`];?/, ""),
  },
};

export const ciphers = "@noble/ciphers/aes.js";

/** Loads ciphers by the first call of one, from aes.cjs: most runs seal nothing, and their tables take time. */
export const ciphersLater = {
  name: "ciphers-later",
  resolveId: (specifier) => (specifier === ciphers ? "\0ciphers" : null),
  load: (id) =>
    id === "\0ciphers"
      ? ["gcm", "gcmsiv"]
          .map((name) => `export const ${name} = (...words) => require("aes.cjs").${name}(...words);`)
          .join("\n")
      : null,
  renderChunk: (code) => code.replaceAll('require("aes.cjs")', 'require("./aes.cjs")'),
};

/** Loads each of Node's modules by the first use of a member: most runs use no connections. */
export const builtinsLater = {
  name: "builtins-later",
  renderChunk(code) {
    const loading = /^let (node_\w+) = require\("(node:[\w/]+)"\);\n(?:\1 = ([\w.]+)\(\1(, 1)?\);\n)?/gm;
    let changed = code;
    for (const [all, name, module, wrap = "", mode = ""] of code.matchAll(loading)) {
      const [before, after] = changed.split(all);
      // Whatever else is done with it may need all of it.
      if (new RegExp(`\\b${name}\\b(?!\\.)`).test(before + after)) continue;
      const renamed = (part) => part.replaceAll(new RegExp(`\\b${name}\\.`, "g"), `(${name}()).`);
      const loaded = `let ${name}$;\nconst ${name} = () => ${name}$ ??= ${wrap}(require("${module}")${mode});\n`;
      changed = renamed(before) + loaded + renamed(after);
    }
    return changed;
  },
};

/** Of the imports of the moment that are left: what joined-code.ts gives a file, because a script has none. */
export const importByHand = {
  name: "import-by-hand",
  renderChunk: (code) => code.replace(/^#!.*/, "").replaceAll(/\bimport\((?=["'`])/g, "$import("),
};

/** Every character in one byte: so the files are read fastest, and take the least memory. They have others in strings only. */
export function inAscii(code) {
  return code.replaceAll(/[^\0-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
