/**
 * What the demo says.
 *
 * @module
 */

import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";

export interface Narrator {
  /** Begins a step; with `--slow` waits for Enter first. `look` says what to look at. */
  step(title: string, look: string): Promise<void>;
  /** A line of detail. */
  say(text: string): void;
  /** A claim and whether it held. */
  check(claim: string, held: boolean): void;
  /** Claims that did not hold. */
  readonly failures: readonly string[];
  close(): void;
}

/** A narrator on standard output. */
export function narrator(slow: boolean): Narrator {
  const input = slow ? createInterface({ input: process.stdin, output: process.stdout }) : null;
  const failures: string[] = [];
  let steps = 0;
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    process.stdout.isTTY && (process.env["NO_COLOR"] ?? "") === "" ? styleText(format, text) : text;
  const line = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  return {
    failures,
    async step(title, look) {
      if (input) await input.question(style("dim", "\nPress Enter to go on. "));
      steps += 1;
      line(`\n${style("bold", `${steps}. ${title}`)}`);
      line(style("dim", `   ${look}`));
    },
    say(text) {
      for (const part of text.trimEnd().split("\n")) line(`   ${part}`);
    },
    check(claim, held) {
      if (!held) failures.push(claim);
      line(`   ${held ? style("green", "✓") : style("red", "✗")} ${claim}`);
    },
    close() {
      input?.close();
    },
  };
}
