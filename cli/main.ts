#!/usr/bin/env node
/**
 * The `holdfast` command.
 *
 * @module
 */

import { engineCode } from "../runtime/sandbox/engine-code.ts";
import { startThreadAhead } from "../runtime/sandbox/sandbox-thread.ts";
import { forShortLife } from "./short-life.ts";
import { tolerateClosedPipes } from "./terminal.ts";

/** Does what the words say, and ends the process. */
async function start(words: readonly string[]): Promise<never> {
  if (words[0] === "run") {
    forShortLife(engineCode);
    // The sandbox's thread starts on another core while this one loads everything else.
    startThreadAhead();
  }
  tolerateClosedPipes();
  const { main } = await import("./program.ts");
  return process.exit(await main(words));
}

void start(process.argv.slice(2));
