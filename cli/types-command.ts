/**
 * The options of `holdfast types`.
 *
 * @module
 */

import type { Command } from "commander";

/** The options of the command line, read. */
export interface TypesOptions {
  /** The folder that the files go to. */
  readonly out: string;
  /** True: write nothing, and say what is missing or old. */
  readonly check: boolean;
}

/** Adds the command. */
export function typesCommand(program: Command, action: (options: TypesOptions) => Promise<void>): void {
  program
    .command("types")
    .summary("write type declarations, so that an editor knows std/*")
    .description(
      "Writes holdfast-*.d.ts: the std modules and the globals that scripts find, for editors and `tsc`. Writes a " +
        "tsconfig.json for scripts beside them when there is none; one that exists stays as it is.",
    )
    .helpOption("-h, --help", "print this")
    .option("--out <dir>", "the folder of your scripts", ".")
    .option("--check", "write nothing; exit code 1 when a file is missing or not of this version", false)
    .action(async (options: TypesOptions) => await action(options));
}
