import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { problems, root } from "./compile.test.support.ts";

test("the examples compile", () => {
  const names = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"));
  const scripts = names.map((name) => [name, readFileSync(join(root, "examples", name), "utf8")] as const);
  expect(scripts.length).toBeGreaterThan(5);
  expect(problems(new Map(scripts))).toEqual([]);
});

test("the pipelines of the manual compile", () => {
  const pages = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  const scripts = pages.flatMap((page) => {
    const text = readFileSync(join(root, "docs", page), "utf8");
    // `ts file <name>` is a file that the page's pipelines import.
    return [...text.matchAll(/^```ts (?:pipeline|file (\S+))[^\n]*\n(.*?)^```$/gms)].map(
      ([, file, source = ""], index) => [file ?? `${page}-${index + 1}.ts`, source] as const,
    );
  });
  expect(scripts.length).toBeGreaterThan(15);
  // They leave the types of their args out.
  expect(problems(new Map(scripts), { noImplicitAny: false })).toEqual([]);
});

test("an answer's body is text when the script asked for text", () => {
  const script = `
    export const text: string = (await http_get("https://x.example/", { as: "text" })).body;
    export const bytes: Uint8Array = (await http_post("https://x.example/", null, { as: "bytes" })).body;
    export const either: string = (await http_request("GET", "https://x.example/", { timeout: 5 })).body;
    const answer = await http_get("https://x.example/");
    export const narrowed: () => ReturnType<typeof http_get<"text">> = async () => answer;
  `;
  expect(problems(new Map([["a.ts", script]]))).toEqual([
    expect.stringMatching(/^a\.ts\(4\): either: .*Uint8Array/),
    expect.stringMatching(/^a\.ts\(6\): answer: .*"bytes"/),
  ]);
});
