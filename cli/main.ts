#!/usr/bin/env node
/**
 * The `holdfast` command.
 *
 * @module
 */

import { startThreadAhead } from "../runtime/sandbox/sandbox-thread.ts";
import { expectShortLife } from "./short-life.ts";
import { tolerateClosedPipes } from "./terminal.ts";

tolerateClosedPipes();
expectShortLife();
// The sandbox's thread starts on another core while this one loads everything else.
if (process.argv[2] === "run") startThreadAhead();
const { main } = await import("./program.ts");
process.exit(await main(process.argv.slice(2)));
