/**
 * The options of `holdfast conformance`.
 *
 * @module
 */

import { type Command, InvalidArgumentError, Option } from "commander";
import type { ConformanceOptions } from "../conformance/index.ts";

/** As in `reporters.ts`, which this file does not load. */
const reporters = ["pretty", "tap", "junit", "json"];

type Given = Omit<ConformanceOptions, "filters" | "modes" | "write"> & {
  readonly mode?: NonNullable<ConformanceOptions["modes"]>[number];
};

/** Adds the command. */
export function conformanceCommand(
  program: Command,
  action: (options: ConformanceOptions) => Promise<void>,
): void {
  program
    .command("conformance")
    .summary("run the conformance suite")
    .description(
      "Runs the cases of the conformance suite in the sandbox and in Node, which must agree. A filter is a part of a " +
        "case's name, as in client/refresh. Exit code 0 only when every selected case passed.",
    )
    .argument("[filter...]", "run only cases whose names have one of these parts")
    .helpOption("-h, --help", "print this")
    .optionsGroup("What is judged:")
    .addOption(new Option("--mode <mode>", "one mode only").choices(["guest", "host", "adapter"]))
    .option("--adapter <command>", "another implementation: a command that speaks the adapter protocol")
    .option("--storage <module>", "your storage: a module whose default function answers {storage, close?}")
    .option("--provider <file>", "your provider: a JSON record that takes the place of the suite's own")
    .option("--attacks", "only the attack table")
    .option("--cases <folder>", "your own cases in place of the suite's")
    .optionsGroup("How:")
    .addOption(
      new Option("--reporter <name>", "how results are written").choices(reporters).default("pretty"),
    )
    .option("--list", "print the selected cases and run none")
    .option("--bail", "stop at the first failure")
    .option("--seed <number>", "run in an order that this number decides", wholeNumber)
    .action(async (filters: readonly string[], { mode, ...given }: Given) => {
      await action({ ...given, filters, ...(mode === undefined ? {} : { modes: [mode] }) });
    });
}

function wholeNumber(text: string): number {
  if (!/^[0-9]{1,10}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
