/**
 * A token server in a process of its own, so that its work is nobody's.
 *
 * @module
 */

import { startTokenServer } from "../token-server.ts";

const server = await startTokenServer();
process.once("disconnect", () => process.exit(0));
process.send?.(server.origin);
