/**
 * How modules are named: the pipeline's own by their path relative to the pipeline's folder, with `/`; those of
 * capabilities as `std/capability/<name>`.
 *
 * @module
 */

/** What a module's file name must end in. */
export const moduleEndings: readonly string[] = [".ts", ".mts", ".js", ".mjs"];

/** True for a specifier that names a file relative to the importing one. */
export function isRelative(specifier: string): boolean {
  return /^\.\.?(?:\/|$)/.test(specifier);
}

/**
 * The name of the module that a relative specifier means in the module `from`, or null when it leads out of the
 * pipeline's folder or could mean two things (empty parts, backslashes, NUL, or a colon, which also parts places in
 * stacks).
 */
export function relativeName(from: string, specifier: string): string | null {
  if (/[\\:\0]/.test(specifier)) return null;
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "") return null;
    if (part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.length === 0 ? null : parts.join("/");
}

const capabilityModules = "std/capability/";

/** The specifier of the module that a capability has. */
export function capabilityModule(name: string): string {
  return capabilityModules + name;
}

/** The capability whose module a specifier names, or null. */
export function capabilityOf(specifier: string): string | null {
  return specifier.startsWith(capabilityModules) ? specifier.slice(capabilityModules.length) : null;
}
