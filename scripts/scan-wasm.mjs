// Assembles the anchor scan: stdlib/oauth/redaction/scan.wat becomes scan-wasm.ts beside it. The build calls this.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import openWabt from "wabt";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "stdlib", "oauth", "redaction");

/** Writes scan-wasm.ts when it is not what scan.wat says. */
export async function assembleScan() {
  const wabt = await openWabt();
  const module = wabt.parseWat("scan.wat", readFileSync(join(folder, "scan.wat"), "utf8"), {
    bulk_memory: true,
  });
  const text = source(Buffer.from(module.toBinary({}).buffer));
  module.destroy();
  const file = join(folder, "scan-wasm.ts");
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

function source(bytes) {
  return `/**
 * The anchor scan as a WebAssembly module. Assembled from scan.wat by the build; do not edit.
 *
 * @module
 */

/** The module, ${bytes.length} bytes, in base64. */
export const scanModule: string =
  "${bytes.toString("base64")}";
`;
}
