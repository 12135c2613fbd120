/**
 * Finds, in the sources, what each plugin's modules export.
 *
 * @module
 */

import ts from "typescript";

/** One export of a std module. */
export interface ModuleExport {
  readonly name: string;
  readonly symbol: ts.Symbol;
  readonly type: ts.Type;
}

export interface PluginModules {
  /** The plugin's name. */
  readonly name: string;
  /** Exports by specifier, in the order of the source. */
  readonly modules: ReadonlyMap<string, readonly ModuleExport[]>;
}

/** Reads the `definePlugin({name, modules})` call of a file. Throws when there is none. */
export function pluginModules(checker: ts.TypeChecker, file: ts.SourceFile): PluginModules {
  const plugin = definition(file);
  const name = member(plugin, "name");
  const modules = member(plugin, "modules");
  if (name === undefined || !ts.isStringLiteral(name) || modules === undefined) {
    throw new Error(`${file.fileName}: the plugin needs its name as text, and modules`);
  }
  const [signature] = checker.getTypeAtLocation(modules).getCallSignatures();
  if (signature === undefined) throw new Error(`${file.fileName}: modules must be a function`);
  const specifiers = checker.getReturnTypeOfSignature(signature).getProperties();
  return {
    name: name.text,
    modules: new Map(
      specifiers.map((specifier) => [specifier.name, exportsOf(checker, checker.getTypeOfSymbol(specifier))]),
    ),
  };
}

/** The members of a module's type. */
export function exportsOf(checker: ts.TypeChecker, module: ts.Type): readonly ModuleExport[] {
  return module
    .getProperties()
    .map((symbol) => ({ name: symbol.name, symbol, type: checker.getTypeOfSymbol(symbol) }));
}

function definition(file: ts.SourceFile): ts.ObjectLiteralExpression {
  const found: ts.ObjectLiteralExpression[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === "definePlugin"
    ) {
      const [argument] = node.arguments;
      if (argument !== undefined && ts.isObjectLiteralExpression(argument)) found.push(argument);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) {
    throw new Error(`${file.fileName}: one definePlugin({…}) was expected, not ${found.length}`);
  }
  return only;
}

function member(object: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const found = object.properties.find(
    (property): property is ts.PropertyAssignment =>
      ts.isPropertyAssignment(property) && ts.isIdentifier(property.name) && property.name.text === name,
  );
  return found?.initializer;
}
