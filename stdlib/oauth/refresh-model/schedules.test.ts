/**
 * The real refresh.ts in every order that the scheduler finds: steps of several processes, logins, logouts, crashes, failing
 * writes and lost answers between each other. What fails prints its seed, which is kept and tried first from then on.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deepTimeout, holdsFor } from "../../../scripts/fuzz/deep-property.test.support.ts";
import type { Shape } from "./process.test.support.ts";
import { type Ask, Processes } from "./processes.test.support.ts";
import { fates } from "./wire.test.support.ts";

type Command = fc.AsyncCommand<object, Processes>;

function command(name: string, run: (real: Processes) => Promise<void> | void): Command {
  return { check: () => true, run: async (_, real) => await run(real), toString: () => name };
}

const processes = 3;
const number = fc.nat({ max: processes - 1 });
const often = (weight: number, arbitrary: fc.Arbitrary<Command>): fc.WeightedArbitrary<Command> => ({
  weight,
  arbitrary,
});

const anyCommand = fc.oneof(
  often(
    8,
    fc
      .tuple(number, fc.constantFrom<Ask>("token", "token", "refresh", "after_401"))
      .map(([who, how]) => command(`process ${who} asks: ${how}`, (real) => real.ask(who, how))),
  ),
  often(
    4,
    fc
      .constantFrom(1, 15, 25, 65, 130, 900)
      .map((seconds) => command(`${seconds} s pass`, (real) => real.pass(seconds))),
  ),
  often(
    2,
    number.map((who) => command(`process ${who} crashes`, (real) => real.crash(who))),
  ),
  often(
    1,
    fc
      .constantFrom(1, 2, 20)
      .map((count) => command(`${count} writes fail`, (real) => real.failWrites(count))),
  ),
  often(
    1,
    number.map((who) => command(`process ${who} logs in`, (real) => real.login(who))),
  ),
  often(1, fc.constant(command("a script logs in", (real) => real.scriptLogin()))),
  often(
    1,
    number.map((who) => command(`process ${who} logs out`, (real) => real.logout(who))),
  ),
  often(1, fc.constant(command("a script logs out", (real) => real.scriptLogout()))),
);

/** A store that keeps no intent cannot hold other processes back after a request that may still arrive. */
const fateAt = ({ store }: Shape): fc.Arbitrary<(typeof fates)[number]> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant("ok" as const) },
    fc.constantFrom(...fates.filter((one) => store === "kernel" || one !== "arrives_late")),
  );

async function hold(
  shape: Shape,
  scheduler: fc.Scheduler,
  commands: Iterable<Command>,
  given: readonly (typeof fates)[number][],
  since: number,
): Promise<void> {
  const real = new Processes(scheduler, shape, processes, given, since);
  try {
    await fc.scheduledModelRun(scheduler, () => ({ model: {}, real }), commands);
    await real.settle();
    expect(real.violations).toEqual([]);
  } finally {
    await real.bury();
  }
}

const shapes: readonly Shape[] = (["strict", "grace", "not_rotating"] as const).flatMap((server) =>
  (["kernel", "lease"] as const).map((store) => ({ server, store })),
);

describe.each(shapes)("a server that is $server, a store with a $store lock", (shape) => {
  test(
    "no schedule breaks an invariant",
    async () => {
      const input = fc.tuple(
        fc.scheduler(),
        fc.commands([anyCommand], { maxCommands: 14 }),
        fc.array(fateAt(shape), { maxLength: 6 }),
        fc.constantFrom(2_800, 3_700),
      );
      await holdsFor(
        `refresh-schedules-${shape.server}-${shape.store}`,
        input,
        async ([scheduler, commands, given, since]) => {
          await hold(shape, scheduler, commands, given, since);
          return true;
        },
        200,
      );
    },
    deepTimeout,
  );
});
