/**
 * Writes the `.d.ts` files for script authors, from the types of the modules themselves.
 *
 * @module
 */

import { join } from "node:path";
import ts from "typescript";
import { Declarations, type Homes } from "./declaration-text.ts";
import { exportsOf, type ModuleExport, pluginModules } from "./plugin-modules.ts";

const pluginFiles = ["runtime/std/index.ts", "stdlib/oauth/index.ts"] as const;
const guest = "runtime/sandbox/guest";

/** The files by name: one per plugin, and one for the globals. Throws when a type cannot be written down. */
export function guestTypes(root: string): ReadonlyMap<string, string> {
  const program = sources(root);
  const checker = program.getTypeChecker();
  const plugins = pluginFiles.map((path) => pluginModules(checker, fileOf(program, root, path)));
  const modules = new Map(plugins.flatMap((plugin) => [...plugin.modules]));
  return new Map([
    ["holdfast-globals.d.ts", page(globalsText(program, root, modules))],
    ...plugins.map((plugin) => {
      const homes: Homes = new Map();
      const texts = [...plugin.modules].map(([specifier, members]) =>
        moduleText(program, specifier, members, homes),
      );
      return [`holdfast-${plugin.name}.d.ts`, page(texts.join("\n\n"))] as const;
    }),
  ]);
}

function page(text: string): string {
  return `// Written by \`holdfast types\`; changes will be lost.\n\n${text}\n`;
}

function moduleText(
  program: ts.Program,
  specifier: string,
  members: readonly ModuleExport[],
  homes: Homes,
): string {
  const declarations = new Declarations(program, specifier, homes);
  for (const member of members) declarations.add(member);
  const body = declarations.text().replaceAll(/^(?=.)/gm, "  ");
  return `declare module "${specifier}" {\n${body}\n}`;
}

function globalsText(
  program: ts.Program,
  root: string,
  modules: ReadonlyMap<string, readonly ModuleExport[]>,
): string {
  const checker = program.getTypeChecker();
  const declarations = new Declarations(program, null, new Map());
  const web = exported(program, fileOf(program, root, `${guest}/global-types.ts`)).get("WebGlobals");
  if (web === undefined) throw new Error("there is no type WebGlobals");
  for (const member of exportsOf(checker, checker.getDeclaredTypeOfSymbol(web))) declarations.add(member);
  const language = exported(program, fileOf(program, root, `${guest}/language-globals.ts`)).keys();
  const own = [...language].map((name) => {
    const homes = [...modules].filter(([, members]) => members.some((member) => member.name === name));
    const [home] = homes;
    if (home === undefined || homes.length > 1) throw new Error(`${name}: ${homes.length} modules export it`);
    return `/** \`${name}\` of \`${home[0]}\`. */\ndeclare const ${name}: typeof import("${home[0]}").${name};`;
  });
  return [declarations.text(), ...own].join("\n\n");
}

function exported(program: ts.Program, file: ts.SourceFile): ReadonlyMap<string, ts.Symbol> {
  const checker = program.getTypeChecker();
  const symbol = checker.getSymbolAtLocation(file);
  return new Map(
    symbol === undefined ? [] : checker.getExportsOfModule(symbol).map((one) => [one.name, one]),
  );
}

function sources(root: string): ts.Program {
  const config = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const files = [...pluginFiles, `${guest}/global-types.ts`, `${guest}/language-globals.ts`];
  return ts.createProgram(
    files.map((path) => join(root, path)),
    { ...options, noEmit: true },
  );
}

function fileOf(program: ts.Program, root: string, path: string): ts.SourceFile {
  const file = program.getSourceFile(join(root, path));
  if (file === undefined) throw new Error(`${path} is missing`);
  return file;
}
