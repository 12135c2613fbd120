import { runInNewContext } from "node:vm";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { createNodePorts } from "../../runtime/host/node-ports.ts";
import { createRuntime } from "../../runtime/index.ts";
import { isPlain } from "../../runtime/plugin.ts";
import { collectModules } from "../../runtime/sandbox/std-modules.ts";
import { std } from "../../runtime/std/index.ts";
import { oauth } from "../../stdlib/oauth/index.ts";
import { createRedactor } from "../../stdlib/oauth/redaction/engine.ts";
import { declarations, program } from "./compile.test.support.ts";

const ports = createNodePorts({ redactor: createRedactor() });
const modules = collectModules([std(), oauth()], ports);
const compiled = program(new Map());
const checker = compiled.getTypeChecker();
const declared = new Map(
  checker.getAmbientModules().map((module) => [module.name.slice(1, -1), checker.getExportsOfModule(module)]),
);

/** The functions that a module's declarations export, by name. */
function functionsOf(specifier: string): ReadonlyMap<string, ts.Symbol> {
  const values = (declared.get(specifier) ?? []).filter(({ flags }) => flags & ts.SymbolFlags.Value);
  return new Map(values.map((symbol) => [symbol.name, symbol]));
}

function resultOf(symbol: ts.Symbol): ts.Type {
  const signatures = checker.getTypeOfSymbol(symbol).getCallSignatures();
  expect([symbol.name, signatures.length]).toEqual([symbol.name, 1]);
  return checker.getReturnTypeOfSignature(signatures[0] as ts.Signature);
}

function isPromise(type: ts.Type): boolean {
  return type.getSymbol()?.name === "Promise";
}

test("the declarations themselves have no errors, and say who wrote them", () => {
  expect(ts.getPreEmitDiagnostics(compiled)).toEqual([]);
  expect([...declarations.keys()]).toEqual([
    "holdfast-globals.d.ts",
    "holdfast-std.d.ts",
    "holdfast-oauth.d.ts",
  ]);
  for (const text of declarations.values()) expect(text).toMatch(/^\/\/ Written by `holdfast types`/);
});

test("every module is declared, and no other", () => {
  expect([...declared.keys()].toSorted()).toEqual([...modules.keys()].toSorted());
});

describe.each([...modules])("%s", (specifier, module) => {
  const functions = functionsOf(specifier);

  test("declares what it exports", () => {
    expect([...functions.keys()].toSorted()).toEqual(Object.keys(module).toSorted());
  });

  test("plain functions answer values, the others promises", () => {
    for (const [name, symbol] of functions) {
      const member = module[name];
      if (typeof member !== "function") throw new Error(`${name} is no function`);
      expect([name, isPromise(resultOf(symbol))]).toEqual([name, !isPlain(member)]);
    }
  });

  test("each function has its docstring", () => {
    const bare = [...functions.values()].filter((one) => one.getDocumentationComment(checker).length === 0);
    expect(bare.map(({ name }) => name)).toEqual([]);
  });
});

const memory = modules.get("std/oauth/storage")?.["memory"] as () => object;

test.each<[specifier: string, fn: string, args: readonly unknown[]]>([
  ["std/events", "subscribe", [{ topic: "a" }]],
  [
    "std/oauth/client",
    "client",
    [
      { auth_url: "https://a.example/", token_url: "https://a.example/" },
      { client_id: "c", storage: memory() },
    ],
  ],
  ["std/oauth/dynamic_registration", "dynamic_registration_store", []],
  ["std/oauth/providers", "providers", []],
  ["std/oauth/storage", "memory", []],
  ["std/oauth/storage", "secrets", [{ provider: "a" }]],
  ["std/oauth/storage", "storage", []],
])("what %s %s answers has the declared methods, plain or not", (specifier, name, args) => {
  const make = modules.get(specifier)?.[name] as (...args: readonly unknown[]) => object;
  const symbol = functionsOf(specifier).get(name);
  if (symbol === undefined) throw new Error(`${name} is not declared`);
  const type = resultOf(symbol);
  const methods = Object.entries(make(...args)).filter(([, member]) => typeof member === "function");
  expect(methods.length).toBeGreaterThan(0);
  for (const [method, fn] of methods) {
    const member = type.getProperty(method);
    if (member === undefined) throw new Error(`${method} is not declared`);
    const [signature] = checker.getNonNullableType(checker.getTypeOfSymbol(member)).getCallSignatures();
    if (signature === undefined) throw new Error(`${method} is not declared as a function`);
    const promised = isPromise(checker.getReturnTypeOfSignature(signature));
    expect([method, promised]).toEqual([method, !isPlain(fn as () => unknown)]);
  }
});

describe("globals", () => {
  const values = checker
    .getSymbolsInScope(compiled.getSourceFiles().at(-1) as ts.SourceFile, ts.SymbolFlags.Value)
    .filter(({ declarations: places = [] }) =>
      places.some((place) => place.getSourceFile().fileName.endsWith("/holdfast-globals.d.ts")),
    );

  test("are those of the sandbox, with their members", async () => {
    const runtime = await createRuntime({ plugins: [oauth()] });
    const source = `
      const names = (value) => Object.getOwnPropertyNames(value);
      export const globals = names(globalThis);
      const members = {};
      for (const name of globals) {
        const value = globalThis[name];
        if (typeof value === "function" && value.prototype) members[name] = names(value.prototype);
        else if (typeof value === "object" && value !== null && value !== globalThis) members[name] = names(value);
      }
      export const result = { globals, members };`;
    const run = await runtime.run({ source, filename: "a.js" });
    await runtime.close();
    const { globals, members } = run.result as { globals: string[]; members: Record<string, string[]> };
    const language = new Set([
      ...(runInNewContext("Object.getOwnPropertyNames(globalThis)") as string[]),
      // Of the engine, and of newer editions than this Node's.
      ...["InternalError", "Iterator", "Float16Array"],
    ]);
    language.delete("console");
    expect(values.map(({ name }) => name).toSorted()).toEqual(
      globals.filter((name) => !language.has(name)).toSorted(),
    );
    for (const value of values) {
      const type = checker.getTypeOfSymbol(value);
      const prototype = type.getProperty("prototype");
      const shape = prototype === undefined ? type : checker.getTypeOfSymbol(prototype);
      if (members[value.name] === undefined || type.getCallSignatures().length > 0) continue;
      for (const member of members[value.name] ?? []) {
        const known = member === "constructor" || shape.getProperty(member) !== undefined;
        expect(known, `${value.name}.${member} is declared`).toBe(true);
      }
      for (const { name } of shape.getProperties()) {
        // Own properties of each exception, and what it has from Error.
        if (name.startsWith("__@") || value.name === "DOMException") continue;
        expect(members[value.name], `${value.name}.${name} is there`).toContain(name);
      }
    }
  });
});
