import { expect, test } from "vitest";
import { counted } from "./redaction/cpu-time.ts";
import { type GoalRow, verdict } from "./goal-row.ts";
import { goalTable } from "./goal-table.ts";

const speed: GoalRow = {
  what: "speed",
  unit: "MB/s",
  isMore: true,
  goal: { least: 700 },
  ours: { best: 710, median: 690 },
  beside: [
    { name: "a|b", figure: counted(7.1), note: "finds less" },
    { name: "absent", figure: null },
  ],
};

test("a line for each peer, notes once, and whether the goal is met", () => {
  const time: GoalRow = {
    what: "time",
    unit: "ns",
    goal: { most: 5 },
    ours: counted(10),
    beside: [{ name: "other", figure: counted(5), note: "finds less" }],
  };
  const none: GoalRow = { what: "recall", unit: "%", goal: { least: 98 }, ours: null, beside: [] };
  expect(goalTable([speed, time, none])).toMatchInlineSnapshot(`
    "| what   | goal       | ours: best   | median | met             | beside    | theirs: best  | ours is better by |
    |--------|------------|--------------|--------|-----------------|-----------|---------------|-------------------|
    | speed  | ≥ 700 MB/s | 710 MB/s     | 690    | best round only | a\\|b [1]  | 7.1 MB/s      | 100×              |
    |        |            |              |        |                 | absent    | not installed |                   |
    | time   | ≤ 5 ns     | 10 ns        |        | no              | other [1] | 5 ns          | 0.5×              |
    | recall | ≥ 98 %     | not measured |        |                 |           |               |                   |

    [1] finds less"
  `);
});

test("a goal is met when the median meets it", () => {
  expect(verdict(speed)).toBe("best round only");
  expect(verdict({ ...speed, ours: counted(700) })).toBe("yes");
  expect(verdict({ ...speed, ours: counted(699) })).toBe("no");
  expect(verdict({ ...speed, goal: null })).toBe("");
  expect(verdict({ ...speed, goal: { most: 50 }, ours: counted(50) })).toBe("yes");
});
