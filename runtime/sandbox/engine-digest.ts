/**
 * Which engine it is.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { engineBytes } from "./engine-code.ts";

/** The SHA-256 of the engine's WebAssembly, in hex. */
export function engineDigest(): string {
  return createHash("sha256").update(engineBytes()).digest("hex");
}
