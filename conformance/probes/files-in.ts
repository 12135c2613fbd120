/**
 * What lies in a folder, but for the locks that stay beside token files.
 *
 * @module
 */

import { readdir } from "node:fs/promises";

/** The names, in the order of the folder. */
export async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => !/^\..+\.lock$/.test(name));
}
