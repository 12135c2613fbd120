/**
 * Script cases: what no data can say. A pipeline with `std/testing` whose default function answers what the file's last
 * line says:
 *
 *     /**
 *      * One sentence of what must be so.
 *      *
 *      * @why What goes wrong otherwise.
 *      * @rfc RFC 7636 §4.2
 *      *\/
 *     import … from "std/…";
 *     export default async function () { … }
 *     // => {"the": "answer"}
 *
 * `@source`, `@grants` (JSON) and `@only guest` are the other tags.
 *
 * @module
 */

import { init, parse } from "es-module-lexer";
import type { Json } from "../runtime/ports.ts";
import type { Grants } from "../runtime/index.ts";
import { createStripper } from "../runtime/sandbox/typescript.ts";
import type { ModeName } from "./case-format.ts";
import { importText } from "./import-text.ts";

export interface ScriptCase {
  readonly title: string;
  readonly why: string;
  readonly rfc: readonly string[];
  readonly source: string;
  readonly only: ModeName | null;
  readonly grants: Grants;
  /** What the default function must answer; matchers may stand in it. */
  readonly answer: Json;
}

/** Reads a script case. @throws TypeError saying what its head or last line lacks. */
export function readScriptCase(text: string): ScriptCase {
  const [, head = ""] = /^\/\*\*([\s\S]*?)\*\//.exec(text) ?? [];
  const lines = head.split("\n").map((line) => line.replace(/^\s*\*\s?/, "").trim());
  const title = lines.find((line) => line !== "") ?? "";
  const tags = (name: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`@${name} `)).map((line) => line.slice(name.length + 2));
  const [why = ""] = tags("why");
  const rfc = [...tags("rfc"), ...tags("source")];
  const [, answer] = /\n\/\/ => (.+)\s*$/.exec(text) ?? [];
  if (title === "" || title.startsWith("@")) throw new TypeError("its head must begin with a sentence");
  if (why === "") throw new TypeError("its head must have @why");
  if (rfc.length === 0) throw new TypeError("its head must have @rfc or @source");
  if (answer === undefined)
    throw new TypeError("its last line must be `// => ` and the expected answer as JSON");
  return {
    title,
    why,
    rfc,
    source: text,
    only: (tags("only")[0] ?? null) as ModeName | null,
    grants: JSON.parse(tags("grants")[0] ?? `{"net":["*"]}`) as Grants,
    answer: JSON.parse(answer) as Json,
  };
}

/** std modules by the last part of their name. */
export type Modules = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const registry: symbol = Symbol.for("holdfast.conformance.modules");
const tables: Map<string, Modules> = new Map();
let count = 0;

/** Runs a script case in this process: its std imports become these modules. */
export async function runScriptHere({ source }: ScriptCase, modules: Modules): Promise<unknown> {
  Object.defineProperty(globalThis, registry, { value: tables, configurable: true });
  const name = `script-${++count}`;
  tables.set(name, modules);
  const stripper = createStripper();
  try {
    const code = await stripper.strip(source, "case.ts");
    await init;
    let text = code;
    for (const found of parse(code)[0].toReversed()) {
      if (found.n?.startsWith("std/"))
        text = `${text.slice(0, found.s)}${moduleText(name, found.n, modules)}${text.slice(found.e)}`;
    }
    const module = (await importText(text)) as { readonly default: (args: unknown) => unknown };
    return await module.default({});
  } finally {
    tables.delete(name);
    await stripper.close();
  }
}

/** The specifier of a module whose exports are the functions that stand in the table. */
function moduleText(name: string, specifier: string, modules: Modules): string {
  const key = specifier.replace(/^std\/(oauth\/)?/, "");
  const exported = Object.keys(modules[key] ?? {}).join(", ");
  const table = `globalThis[Symbol.for("holdfast.conformance.modules")].get(${JSON.stringify(name)})`;
  return `data:text/javascript,${encodeURIComponent(`export const { ${exported} } = ${table}[${JSON.stringify(key)}];`)}`;
}
