/**
 * Declarations as text: the exports of a module, and the types that they name.
 *
 * @module
 */

import ts from "typescript";
import type { ModuleExport } from "./plugin-modules.ts";

type NamedType = ts.InterfaceDeclaration | ts.TypeAliasDeclaration;

/** Which module has a type, so that later ones import it from there. */
export type Homes = Map<ts.Node, string>;

/** Collects the declarations of one module, or of the globals when it has no specifier. */
export class Declarations {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  readonly #specifier: string | null;
  readonly #homes: Homes;
  readonly #types = new Map<string, NamedType>();
  readonly #exports: string[] = [];

  constructor(program: ts.Program, specifier: string | null, homes: Homes) {
    this.#program = program;
    this.#checker = program.getTypeChecker();
    this.#specifier = specifier;
    this.#homes = homes;
  }

  /** Everything added, behind the types that it reaches. */
  text(): string {
    const types: string[] = [];
    const imports = new Map<string, string[]>();
    // The map grows while it is walked: printing a type reaches others.
    for (const [name, type] of this.#types) {
      const home = this.#homes.get(type);
      if (home === undefined) {
        if (this.#specifier !== null) this.#homes.set(type, this.#specifier);
        types.push(this.#typeText(type));
      } else imports.set(home, [...(imports.get(home) ?? []), name]);
    }
    const imported = [...imports].map(
      ([home, names]) =>
        `import type { ${names.join(", ")} } from "${home}";\nexport type { ${names.join(", ")} };`,
    );
    return [...imported, ...types, ...this.#exports].join("\n\n");
  }

  /** Adds a function for each call signature, or else a constant. */
  add({ name, symbol, type }: ModuleExport): void {
    const docs = symbol.declarations?.map(docsOf).find((text) => text !== "") ?? "";
    const word = this.#specifier === null ? "declare" : "export";
    const signatures = type.getConstructSignatures().length > 0 ? [] : type.getCallSignatures();
    for (const { declaration } of signatures) {
      if (declaration?.type === undefined || ts.isJSDocSignature(declaration)) throw unwritten(name);
      this.#reach(declaration);
      const { parent } = declaration;
      const own = docs === "" && ts.isTypeAliasDeclaration(parent) ? docsOf(parent) : docs;
      this.#exports.push(`${own}${word} function ${name}${signatureText(declaration, declaration.type)}`);
    }
    if (signatures.length > 0) return;
    const node = symbol.declarations?.find(ts.isPropertySignature)?.type;
    if (node === undefined) throw unwritten(name);
    this.#reach(node);
    this.#exports.push(`${docs}${word} const ${name}: ${dedented(node.getText(), node)};`);
  }

  #typeText(node: NamedType): string {
    const start = `${docsOf(node)}${this.#specifier === null ? "" : "export "}`;
    if (ts.isTypeAliasDeclaration(node) && namesValue(node.type)) {
      // `typeof words` needs a value that the reader does not have.
      const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias;
      const type = this.#checker.typeToString(this.#checker.getTypeAtLocation(node), undefined, flags);
      return `${start}type ${node.name.text} = ${type};`;
    }
    this.#reach(node);
    const word = ts.isInterfaceDeclaration(node) ? "interface" : "type";
    return `${start}${word} ${node.getSourceFile().text.slice(node.name.getStart(), node.end)}`;
  }

  /** Notes every type that a declaration names. */
  #reach(node: ts.Node): void {
    if (ts.isTypeQueryNode(node) || ts.isImportTypeNode(node)) {
      throw new Error(`${node.getSourceFile().fileName}: ${node.getText()} needs a type of its own`);
    }
    if (ts.isTypeReferenceNode(node)) this.#note(node.typeName);
    if (ts.isExpressionWithTypeArguments(node)) this.#note(node.expression);
    ts.forEachChild(node, (child) => this.#reach(child));
  }

  #note(name: ts.Node): void {
    const symbol = this.#checker.getSymbolAtLocation(name);
    const target =
      symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias
        ? this.#checker.getAliasedSymbol(symbol)
        : symbol;
    const declared = target?.declarations?.find(isTypeDeclaration);
    if (declared !== undefined && ts.isTypeParameterDeclaration(declared)) return;
    const file = declared?.getSourceFile();
    if (file !== undefined && this.#program.isSourceFileDefaultLibrary(file)) return;
    if (declared === undefined || file?.fileName.includes("/node_modules/")) {
      throw new Error(`${name.getText()} is not an interface or type alias of this project`);
    }
    const known = this.#types.get(declared.name.text);
    if (name.getText() !== declared.name.text || (known !== undefined && known !== declared)) {
      throw new Error(`${name.getText()}: one type has two names, or two have one; rename one of them`);
    }
    this.#types.set(declared.name.text, declared);
  }
}

function isTypeDeclaration(node: ts.Node): node is NamedType | ts.TypeParameterDeclaration {
  return (
    ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isTypeParameterDeclaration(node)
  );
}

function unwritten(name: string): Error {
  return new Error(`${name}: its type is not written in a declaration`);
}

/** True when a type takes its members from a value. */
function namesValue(node: ts.Node): boolean {
  return ts.isTypeQueryNode(node) || (ts.forEachChild(node, namesValue) ?? false);
}

/** Type parameters, parameters and result, as the source has them. */
function signatureText(node: ts.SignatureDeclaration, result: ts.TypeNode): string {
  const { text } = node.getSourceFile();
  const open = node.typeParameters ? node.typeParameters.pos - 1 : node.parameters.pos - 1;
  const close = node.getChildren().find(({ kind }) => kind === ts.SyntaxKind.CloseParenToken);
  return dedented(`${text.slice(open, close?.end)}: ${result.getText()};`, node);
}

/** The docstring, with a line break behind it; empty for none. The one of a file belongs to nothing in it. */
function docsOf(node: ts.Node): string {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).at(-1);
  if (docs === undefined || docs.tags?.some(({ tagName }) => tagName.text === "module") === true) return "";
  return `${dedented(docs.getText(), docs)}\n`;
}

/** Text that stood at a node's place, moved to the left margin. */
function dedented(text: string, node: ts.Node): string {
  const all = node.getSourceFile().text;
  const start = node.getStart();
  const column = /^ */.exec(all.slice(all.lastIndexOf("\n", start - 1) + 1, start))?.[0] ?? "";
  return text.replaceAll(`\n${column}`, "\n");
}
