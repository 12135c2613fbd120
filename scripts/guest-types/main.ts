/**
 * Part of the build: writes into dist/types what `holdfast types` copies.
 *
 * @module
 */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { guestTypes } from "./guest-types.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = join(root, "dist", "types");
const files = guestTypes(root);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, text] of files) writeFileSync(join(folder, name), text);
