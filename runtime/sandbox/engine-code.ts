/**
 * The sandbox engine's WebAssembly, read and compiled once per process, by the main thread: its threads get it from there.
 * `package.json` says which file it is.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

let bytes: Buffer<ArrayBuffer> | null = null;
let compiled: WebAssembly.Module | null = null;

/** The file's content. */
export function engineBytes(): Buffer<ArrayBuffer> {
  bytes ??= readFileSync(createRequire(import.meta.url).resolve("#engine.wasm"));
  return bytes;
}

/** What engines are made of. Compiled at the first call. */
export function engineCode(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(engineBytes());
  return compiled;
}
