// Who may import whom. This is the only place that lists the rules; `npm run check` runs it.
//
//   node scripts/import-rules.mjs [folder]     prints each offence as file:line and exits 1 when there is one
//
// Type imports count as well: what a file knows is what it depends on. Tests and scripts/ are free.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

/** From the top. The first entry that matches a file says where it lives; a name with `/` at the end is a folder. */
const floors = [
  { height: 5, room: "cli", files: ["cli/"] },
  { height: 4, room: "conformance", files: ["conformance/"] },
  { height: 4, room: "runtime/index.ts", files: ["runtime/index.ts"] },
  { height: 4, room: "stdlib/oauth/node", files: ["stdlib/oauth/node.ts", "stdlib/oauth/node/"] },
  { height: 3, room: "stdlib/oauth", files: ["stdlib/oauth/"] },
  { height: 3, room: "runtime/sandbox", files: ["runtime/sandbox/", "runtime/std/"] },
  { height: 2, room: "runtime/host", files: ["runtime/host/"] },
  { height: 1, room: "ports", files: ["runtime/ports.ts", "runtime/plugin.ts", "runtime/nearest.ts"] },
];

/** Rooms that never import each other although their floors would allow it. */
const apart = [
  { from: ["stdlib/oauth"], to: ["runtime/sandbox"] },
  { from: ["runtime/sandbox", "runtime/host", "runtime/index.ts", "ports"], to: ["stdlib/oauth"] },
  // A std module asks its ports; it does not reach for what stands behind them.
  { from: ["stdlib/oauth"], to: ["runtime/host"] },
];

/** What opens connections: egress, and the servers that the conformance suite attacks it with. */
const transport = [
  ...["certificates", "connections", "connector", "dial", "egress", "exchange", "line", "proxy"].map(
    (name) => `runtime/host/${name}.ts`,
  ),
  "conformance/network/",
  "conformance/probes/",
];

/** Packages and built-in modules that only some files may name. `names`: these exports are free everywhere. */
const reserved = [
  {
    modules: /^(quickjs-|@jitl\/)/,
    files: ["runtime/sandbox/engine.ts"],
    why: "only runtime/sandbox/engine.ts names the sandbox engine",
  },
  {
    modules: /^(undici|node:(http|https|http2|tls|dgram))$/,
    files: transport,
    why: "only the files of egress open connections",
  },
  {
    modules: /^node:net$/,
    names: ["isIP", "isIPv4", "isIPv6", "BlockList", "SocketAddress"],
    // The lock is a socket that nothing is ever sent over.
    files: [...transport, "stdlib/oauth/storage/file/process-lock.ts"],
    why: "only the files of egress open connections",
  },
  {
    // The embedder brings them: nobody else may need them to start.
    modules: /^(pg|graphile-worker)(\/|$)/,
    files: ["stdlib/oauth/storage/postgres/"],
    why: "only stdlib/oauth/storage/postgres/ names the optional packages of PostgreSQL",
  },
  {
    modules: /^@napi-rs\/keyring$/,
    files: ["stdlib/oauth/storage/keys/keychain.ts"],
    why: "only keychain.ts names the keychain's package",
  },
  {
    modules: /^node:fs(\/promises)?$/,
    within: ["stdlib/"],
    files: ["stdlib/oauth/storage/"],
    why: "stdlib reads and writes files in storage/ only",
  },
];

/** Files that import what their caller names: script cases, the modules of an embedder, our own files; never what a sandboxed script says. */
const namesModules = ["conformance/import-text.ts", "cli/joined-code.ts"];

const guest = "runtime/sandbox/guest/";
const roots = ["cli", "conformance", "runtime", "stdlib"];

/** Every offence in the project at `root`, as `{file, line, message}`, in the order of the files. */
export function offences(root) {
  const files = roots.flatMap((folder) => sources(root, folder)).toSorted((a, b) => (a < b ? -1 : 1));
  const found = [];
  const graph = new Map();
  for (const file of files) {
    const home = floorOf(file);
    if (!home) {
      found.push({ file, line: 1, message: "stands on no floor; give it one in scripts/import-rules.mjs" });
      continue;
    }
    const parsed = parse(file, readFileSync(join(root, file), "utf8"));
    for (const offence of parsed.offences) found.push({ file, ...offence });
    const edges = [];
    for (const used of parsed.imports) {
      const target = used.module.startsWith(".") ? posix.join(posix.dirname(file), used.module) : null;
      const message =
        target === null
          ? packageOffence(file, used)
          : fileOffence(file, home, target, existsSync(join(root, target)));
      if (message !== null) found.push({ file, line: used.line, message });
      if (target !== null) edges.push({ target, line: used.line });
    }
    graph.set(file, edges);
  }
  return [...found, ...circles(graph)];
}

function sources(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name) && !/\.test\.|\.d\.[cm]?ts$/.test(entry.name),
    )
    .map((entry) =>
      relative(root, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join("/"),
    );
}

function matches(file, patterns) {
  return patterns.some((pattern) => (pattern.endsWith("/") ? file.startsWith(pattern) : file === pattern));
}

function floorOf(file) {
  return floors.find(({ files }) => matches(file, files));
}

function fileOffence(file, home, target, exists) {
  if (!exists) return `imports ${target}, which does not exist`;
  if (file.startsWith(guest) && !target.startsWith(guest))
    return `guest code imports ${target} from outside the guest`;
  if (!file.startsWith(guest) && target.startsWith(guest))
    return `imports guest code ${target}; the guest is loaded as text`;
  if (/\.test\./.test(target) || target.startsWith("scripts/"))
    return `imports ${target}, which is not shipped`;
  const there = floorOf(target);
  if (!there) return `imports ${target}, which stands on no floor`;
  if (there.height > home.height) return `imports up: ${home.room} may not import ${target}`;
  if (apart.some(({ from, to }) => from.includes(home.room) && to.includes(there.room))) {
    return `${home.room} never imports ${there.room} (${target})`;
  }
  return null;
}

function packageOffence(file, { module, names, typeOnly }) {
  if (file.startsWith(guest)) return `guest code imports the package ${module}`;
  const builtin = /^(http|https|http2|net|tls|dgram|fs)(\/|$)/.test(module) ? `node:${module}` : module;
  for (const rule of reserved) {
    if (!rule.modules.test(builtin) || matches(file, rule.files)) continue;
    if (rule.within && !matches(file, rule.within)) continue;
    const free = rule.names ?? [];
    if (names !== null && names.every(({ name, type }) => type || typeOnly || free.includes(name))) continue;
    return `imports ${module}: ${rule.why}`;
  }
  return null;
}

/** The imports of a file, and the ways around them. */
function parse(file, text) {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const imports = [];
  const offences = [];
  const lineOf = (node) => tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
  const visit = (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      imports.push({ module: node.moduleSpecifier.text, line: lineOf(node), ...clauseOf(node) });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      imports.push({ module: node.argument.literal.text, line: lineOf(node), names: [], typeOnly: true });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [name] = node.arguments;
      if (name && ts.isStringLiteralLike(name)) {
        imports.push({ module: name.text, line: lineOf(node), names: null, typeOnly: false });
      } else if (!namesModules.includes(file)) {
        offences.push({ line: lineOf(node), message: "import() of a computed name cannot be checked" });
      }
    } else if (
      (ts.isCallExpression(node) || ts.isNewExpression(node)) &&
      ts.isIdentifier(node.expression) &&
      ["fetch", "WebSocket", "EventSource"].includes(node.expression.text)
    ) {
      offences.push({
        line: lineOf(node),
        message: `calls the global ${node.expression.text}: only runtime/host/egress.ts opens connections`,
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { imports, offences };
}

/** What a declaration takes: `names` is null for the whole module. */
function clauseOf(node) {
  if (ts.isExportDeclaration(node)) {
    const names =
      node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause.elements : null;
    return { names: names && names.map(nameOf), typeOnly: node.isTypeOnly };
  }
  const clause = node.importClause;
  if (!clause) return { names: null, typeOnly: false };
  if (clause.isTypeOnly) return { names: [], typeOnly: true };
  const named =
    clause.namedBindings && ts.isNamedImports(clause.namedBindings) ? clause.namedBindings.elements : null;
  return { names: named && !clause.name ? named.map(nameOf) : null, typeOnly: false };
}

function nameOf(element) {
  return { name: (element.propertyName ?? element.name).text, type: element.isTypeOnly };
}

/** Each circle once, at the import that closes it. */
function circles(graph) {
  const found = [];
  const done = new Set();
  const walk = (file, path) => {
    for (const { target, line } of graph.get(file) ?? []) {
      const start = path.indexOf(target);
      if (start >= 0) {
        found.push({ file, line, message: `circle: ${[...path.slice(start), target].join(" > ")}` });
      } else if (!done.has(target)) {
        walk(target, [...path, target]);
      }
    }
    done.add(file);
  };
  for (const file of graph.keys()) {
    if (!done.has(file)) walk(file, [file]);
  }
  return found;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const root = resolve(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));
  const found = offences(root);
  for (const { file, line, message } of found) console.log(`${file}:${line}: ${message}`);
  if (found.length > 0) process.exitCode = 1;
}
