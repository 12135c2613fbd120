// Assembles the anchor scan, compiles the TypeScript sources into dist/, copies the data files that the compiled code reads, lets
// that code make what would take it long at each start, and joins the files of the command.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleCommand } from "./bundle-command.mjs";
import { assembleScan } from "./scan-wasm.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(join(root, "dist"), { recursive: true, force: true });
await assembleScan();
try {
  execFileSync(process.execPath, [tsc, "-p", root], { stdio: "inherit" });
} catch {
  process.exit(1); // the compiler has said what is wrong
}

const catalogue = join("stdlib", "oauth", "providers", "catalogue");
if (existsSync(join(root, catalogue))) {
  for (const file of readdirSync(join(root, catalogue))) {
    if (file.endsWith(".json")) cpSync(join(root, catalogue, file), join(root, "dist", catalogue, file));
  }
}
for (const step of ["guest-types", "anchor-table", "sandbox-image"]) {
  execFileSync(process.execPath, [join(root, "dist", "scripts", step, "main.js")], { stdio: "inherit" });
}
await bundleCommand(join(root, "dist"));
chmodSync(join(root, "dist", "command", "holdfast.cjs"), 0o755);
