/**
 * The algorithm of refresh.ts as a model: every order of its steps, with everything that may go wrong. The short form visits
 * some ten thousand states; `npm run test:deep` over a million.
 */

import { describe, expect, test } from "vitest";
import { type Bounds, check } from "./model.test.support.ts";
import { type Rule, rules } from "./rules.test.support.ts";
import type { ServerKind } from "./world.test.support.ts";

const isDeep = process.env["HOLDFAST_DEEP"] !== undefined;
const servers: readonly ServerKind[] = ["strict", "grace", "not_rotating"];

type Shape = Omit<Bounds, "server" | "without">;

const shapes: Readonly<Record<string, Shape>> = {
  "no fault": { actors: 2, calls: 2, faults: { stale: 1 } },
  "a crash": { actors: 2, faults: { crash: 1 } },
  "a lost answer, a request that cannot be sent, a server that is busy": {
    actors: 2,
    slow: true,
    faults: { lose: 1, unsent: 1, unavailable: 1 },
  },
  "a storage that fails": { actors: 2, calls: 2, faults: { store: 2 } },
  logins: { actors: 2, faults: { login: 1, scriptLogin: 1 } },
  logouts: { actors: 2, faults: { logout: 1, scriptLogout: 1 } },
  leases: { actors: 2, lease: true, faults: { crash: 1 } },
  "a frozen holder whose lease ends": { actors: 2, lease: true, faults: { freeze: 1, scriptLogin: 1 } },
};

const deepShapes: Readonly<Record<string, Shape>> = {
  "three processes, two crashes, a lost answer": { actors: 3, faults: { crash: 2, lose: 1 } },
  "a crash, a lost answer, a failing storage, a login": {
    actors: 2,
    faults: { crash: 1, lose: 1, store: 1, scriptLogin: 1 },
  },
  "everything once, over two rounds": {
    actors: 2,
    calls: 2,
    slow: true,
    faults: { crash: 1, lose: 1, unavailable: 1, stale: 1 },
  },
  "everything once, in one round": {
    actors: 2,
    slow: true,
    faults: { crash: 1, lose: 1, unavailable: 1, unsent: 1, store: 1, login: 1 },
  },
  "three processes, a login and logouts": { actors: 3, faults: { scriptLogout: 1, login: 1, store: 1 } },
  "leases, a crash, a lost answer, a failing storage": {
    actors: 2,
    lease: true,
    faults: { crash: 1, lose: 1, store: 1 },
  },
  "four processes": { actors: 4, faults: {} },
};

describe.each(servers)("at a server that is %s", (server) => {
  test.each(Object.entries(isDeep ? { ...shapes, ...deepShapes } : shapes))("%s", (_, shape) => {
    const { states, violation, counted } = check({ ...shape, server });
    expect(violation).toBeNull();
    expect(states).toBeGreaterThan(100);
    // Only a server that rotates can lose anything, and only when an answer or a process was lost.
    const { crash = 0, lose = 0 } = shape.faults;
    if (server === "not_rotating" || crash + lose === 0) expect(counted).toBe(0);
  });
});

test("lost answers alone lose nothing at a server with a grace", () => {
  const { violation, states } = check({
    server: "grace",
    actors: 2,
    faults: { lose: isDeep ? 3 : 2, store: 1 },
    noLoss: true,
  });
  expect(violation).toBeNull();
  expect(states).toBeGreaterThan(1_000);
});

test("at a strict server the commit window is there, and nothing can close it", () => {
  for (const faults of [{ crash: 1 }, { lose: 1 }]) {
    const bounds: Bounds = { server: "strict", actors: 2, faults };
    expect(check(bounds).counted).toBeGreaterThan(0);
    expect(check({ ...bounds, noLoss: true }).violation).toMatchObject({ invariant: "I2" });
  }
});

/** Where the lack of each rule shows, and the invariant that breaks. */
const ablations: Readonly<Record<Rule, readonly [invariant: string, bounds: Omit<Bounds, "without">]>> = {
  "one lock over read, request and store": ["I1", { server: "strict", actors: 2, faults: {} }],
  "looks again under the lock": ["I1", { server: "strict", actors: 2, faults: { crash: 1 } }],
  "writes the intent before the request": ["I1", { server: "strict", actors: 2, faults: { crash: 1 } }],
  "waits until nothing of a dead sender can be on its way": [
    "I1",
    { server: "strict", actors: 2, faults: { crash: 1 } },
  ],
  "leaves a token in doubt alone while the access token works": [
    "I2",
    { server: "strict", actors: 2, faults: { crash: 1 } },
  ],
  "repeats a lost request at once within the grace": [
    "I2",
    { server: "grace", actors: 2, faults: { lose: 1 }, noLoss: true },
  ],
  "repeats nothing after the grace": ["I2", { server: "grace", actors: 1, slow: true, faults: { lose: 1 } }],
  "an earlier doubt outlives a later failure": [
    "I2",
    { server: "grace", actors: 2, calls: 2, faults: { store: 2 } },
  ],
  "stores only over the lineage that it presented": [
    "I3",
    { server: "strict", actors: 1, faults: { scriptLogin: 1 } },
  ],
  "a login is a generation of its own": [
    "I3",
    { server: "not_rotating", actors: 1, faults: { scriptLogin: 1 } },
  ],
  "stores, then shows": ["I6", { server: "strict", actors: 1, faults: {} }],
  "keeps an answer that the storage does not take": [
    "I2",
    { server: "strict", actors: 1, faults: { store: 2 } },
  ],
  "looks again before it says that consent is needed": [
    "I4",
    { server: "strict", actors: 1, faults: { scriptLogin: 1 } },
  ],
  "revokes what came after a logout": ["I3", { server: "strict", actors: 1, faults: { scriptLogout: 1 } }],
  "sends nothing under a lock that is too old": [
    "I1",
    { server: "strict", actors: 2, lease: true, faults: {} },
  ],
};

describe("no rule can be left out", () => {
  test.each(rules)("%s", (rule) => {
    const [invariant, bounds] = ablations[rule];
    expect(check(bounds).violation).toBeNull();
    expect(check({ ...bounds, without: rule }).violation).toMatchObject({ invariant });
  });
});
