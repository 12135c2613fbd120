/**
 * The pipeline's folder: the only place that relative imports read from.
 *
 * @module
 */

import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, relative, sep } from "node:path";
import { RunError } from "../host/run-error.ts";
import { moduleEndings } from "./module-name.ts";
import { nearest } from "../nearest.ts";
import { isBelow, realLocation } from "./real-location.ts";

/** What came of reading a module's file. */
export type ModuleFile =
  | { readonly ok: true; readonly text: string; readonly bytes: number }
  | { readonly ok: false; readonly reason: "outside" | "missing" | "unreadable" | "not_utf8" | "too_large" };

export interface ModuleFolder {
  /** Reads a module by its name, at most so many bytes. A link that leads out of the folder is `outside`. */
  read(name: string, mostBytes: number): Promise<ModuleFile>;
  /** The file name in the same folder that was probably meant, if any. */
  suggest(name: string): Promise<string | undefined>;
}

/** The folder at that path, links followed. */
export function openFolder(folder: string): ModuleFolder {
  const root = realLocation(folder);

  /** Where a module's path really leads, or null when that is not inside the folder. */
  const inside = (name: string): string | null => {
    const real = root === null ? null : realLocation(join(root, ...name.split("/")));
    return real !== null && root !== null && (real === root || isBelow(real, root)) ? real : null;
  };

  return {
    async read(name, mostBytes) {
      const path = inside(name);
      if (path === null) return { ok: false, reason: "outside" };
      try {
        // Opening a pipe would wait for its other end.
        const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
        try {
          const stat = await file.stat();
          if (!stat.isFile()) return { ok: false, reason: "unreadable" };
          if (stat.size > mostBytes) return { ok: false, reason: "too_large" };
          const content = await file.readFile();
          if (content.length > mostBytes) return { ok: false, reason: "too_large" };
          return { ok: true, text: decode(content), bytes: content.length };
        } finally {
          await file.close();
        }
      } catch (error) {
        if (error instanceof TypeError) return { ok: false, reason: "not_utf8" };
        const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
        return { ok: false, reason: missing ? "missing" : "unreadable" };
      }
    },

    async suggest(name) {
      const path = inside(dirname(name));
      const entries = path === null ? [] : await readdir(path).catch((): string[] => []);
      const modules = entries.filter((entry) => moduleEndings.includes(extname(entry)));
      const wanted = basename(name);
      const stem = (file: string): string =>
        moduleEndings.includes(extname(file)) ? file.slice(0, -extname(file).length) : file;
      return modules.find((entry) => stem(entry) === stem(wanted)) ?? nearest(wanted, modules) ?? undefined;
    },
  };
}

function decode(content: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(content);
}

/**
 * The module name of the pipeline's main file: its path relative to the folder, or its last part when it does not
 * lie there, so that no path of the host shows in a stack.
 * @throws RunError HARN-RUN-015 when it has no last part, or holds a colon, a backslash or a control character.
 */
export function mainName(filename: string, folder: string | null): string {
  const path = folder !== null && isAbsolute(filename) ? relative(folder, filename) : filename;
  const parts = (sep === "\\" ? path.replaceAll(sep, "/") : path)
    .split("/")
    .filter((part) => part !== "" && part !== ".");
  const name = isAbsolute(path) || parts.includes("..") ? parts.at(-1) : parts.join("/");
  if (!name || name === ".." || /[:\\\p{Cc}]/u.test(name)) {
    throw new RunError("HARN-RUN-015", "filename is not the name of a file", {
      hint: 'Give a name such as "pipeline.ts".',
    });
  }
  return name;
}
