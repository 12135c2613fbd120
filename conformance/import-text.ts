/**
 * The one place where the suite imports modules whose names it learns at run time: script cases, and what an embedder
 * names on the command line. Never anything that a sandboxed script has a say in.
 *
 * @module
 */

import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createStripper } from "../runtime/sandbox/typescript.ts";

/** Evaluates the text of a module that imports data URLs only. */
export async function importText(text: string): Promise<unknown> {
  return await import(`data:text/javascript,${encodeURIComponent(text)}`);
}

/** Imports a file. A TypeScript file loses its types first; it may import packages and JavaScript files. */
export async function importFile(path: string): Promise<unknown> {
  const file = resolve(path);
  if (!/\.m?ts$/.test(file)) return await import(pathToFileURL(file).href);
  const stripper = createStripper();
  const beside = join(dirname(file), `.${basename(file)}.${process.pid}.mjs`);
  try {
    await writeFile(beside, await stripper.strip(await readFile(file, "utf8"), basename(file)));
    return await import(pathToFileURL(beside).href);
  } finally {
    await rm(beside, { force: true });
    await stripper.close();
  }
}
