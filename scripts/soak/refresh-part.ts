/**
 * Refreshes by processes that are killed: at a server with a grace period, where nothing may be lost, and at a strict one, where
 * every loss must be proven to be none of ours; there also by processes that are only told to end, where nothing may be lost either.
 *
 * @module
 */

import type { Part, PartResult } from "./part.ts";
import { type RefreshSoak, type RefreshSoakResult, soakRefresh } from "./refresh.ts";

type Scenario = Omit<RefreshSoak, "seed">;

const common = { storage: "file", accounts: 48, workers: 6, mostSeconds: Number.POSITIVE_INFINITY } as const;

const long: Readonly<Record<string, Scenario>> = {
  grace: {
    ...common,
    reuse: "grace",
    refreshes: 10_000,
    blows: { kill: 1_000, terminate: 100, freeze: 100 },
    faultShare: 0.05,
  },
  strict: {
    ...common,
    reuse: "strict",
    refreshes: 2_000,
    blows: { kill: 200, terminate: 50, freeze: 50 },
    faultShare: 0.05,
  },
  "strict, SIGTERM only": {
    ...common,
    reuse: "strict",
    refreshes: 1_000,
    blows: { kill: 0, terminate: 200, freeze: 0 },
    faultShare: 0,
  },
};

const postgres: Readonly<Record<string, Scenario>> = {
  "PostgreSQL, grace": {
    ...common,
    storage: "postgres",
    reuse: "grace",
    refreshes: 10_000,
    blows: { kill: 1_000, terminate: 100, freeze: 100 },
    databaseBlows: { cut: 1_000, crash: 20 },
    faultShare: 0.05,
  },
  "PostgreSQL, strict": {
    ...common,
    storage: "postgres",
    reuse: "strict",
    refreshes: 1_000,
    blows: { kill: 0, terminate: 50, freeze: 20 },
    databaseBlows: { cut: 250, crash: 5 },
    faultShare: 0,
  },
};

const shortSeconds: Readonly<Record<string, number>> = {
  grace: 7,
  strict: 3,
  "strict, SIGTERM only": 3,
  "PostgreSQL, grace": 7,
  "PostgreSQL, strict": 4,
};

/** Over the file store. */
export const refreshPart: Part = (...how) => partOf("refresh", long, ...how);

/** Over PostgreSQL, whose sessions are cut and which is crashed. */
export const postgresPart: Part = (...how) => partOf("refresh over PostgreSQL", postgres, ...how);

async function partOf(
  title: string,
  scenarios: Readonly<Record<string, Scenario>>,
  ...[isShort, seed, progress]: Parameters<Part>
): Promise<PartResult> {
  const faults: string[] = [];
  const figures: string[] = [];
  for (const [name, scenario] of Object.entries(scenarios)) {
    const soak = isShort ? shortOf(name, scenario) : scenario;
    const onProgress = (done: number): void => progress(`${name}: ${done} of ${soak.refreshes} refreshes`);
    const result = await soakRefresh({ ...soak, seed, onProgress });
    faults.push(...result.faults.map((fault) => `${name}: ${fault}`));
    figures.push(`${name}: ${figuresOf(result)}`);
  }
  return { faults, figures: `${title}: ${figures.join("; ")}` };
}

/** So few refreshes that the database must be struck more often to be struck at all. */
function shortOf(name: string, scenario: Scenario): Scenario {
  const { refreshes, databaseBlows } = scenario;
  const short = { ...scenario, accounts: 12, mostSeconds: shortSeconds[name] ?? 0 };
  return databaseBlows ? { ...short, databaseBlows: { cut: refreshes / 4, crash: refreshes / 10 } } : short;
}

function figuresOf({
  refreshes,
  blows,
  databaseBlows,
  damaged,
  losses,
  overlaps,
  faults,
  seconds,
}: RefreshSoakResult): string {
  const count = (cause: string): number => losses.filter((loss) => loss.cause === cause).length;
  return [
    `${refreshes} refreshes`,
    `${blows.kill} SIGKILL`,
    `${blows.terminate} SIGTERM`,
    `${blows.freeze} SIGSTOP`,
    ...(databaseBlows === null
      ? []
      : [`${databaseBlows.cut} sessions cut`, `${databaseBlows.crash} crashes of the database`]),
    `${[...damaged.values()].reduce((sum, each) => sum + each, 0)} damaged answers`,
    losses.length === 0
      ? "0 grants lost"
      : `${losses.length} grants lost (${count("answer_lost")} answer lost, ${count("killed_in_window")} killed in the window, ${count("avoidable")} avoidable)`,
    `${overlaps} overlaps`,
    `${faults.length} faults`,
    `${seconds.toFixed(0)} s`,
  ].join(", ");
}
