/**
 * `std/env`: environment variables that the run was granted.
 *
 * @module
 */

import { plain } from "../plugin.ts";
import type { Ports } from "../ports.ts";
import { text } from "./arguments.ts";

/** What a script imports from `std/env`. */
export type EnvModule = {
  /**
   * The value of an environment variable, or null when it is not set. Marked secrets come sealed.
   * @throws HARN-RUN-010 when the run was not granted this name
   */
  readonly env: (name: string) => string | null;
};

/** Makes `std/env` over the run's environment grant. */
export function envModule(ports: Ports): EnvModule {
  return { env: plain((name: unknown) => ports.env(text("std/env: env", "name", name))) };
}
