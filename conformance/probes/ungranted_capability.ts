/**
 * A capability of the embedder is there for a run only by its own name in the grants.
 *
 * @module
 */

import assert from "node:assert/strict";
import { capability, createRuntime } from "../../runtime/index.ts";
import type { Probe } from "./probe.ts";

export const probe: Probe = async () => {
  let calls = 0;
  const count = (): number => (calls += 1);
  const runtime = await createRuntime({
    plugins: [capability("ledger", { count }), capability("ledger_audit", { count })],
  });
  const run = async (source: string, capabilities: readonly string[]): Promise<unknown> =>
    (await runtime.run({ source, filename: "pipeline.js", grants: { capabilities } })).result;
  const fixed = `import { count } from "std/capability/ledger"; export default async () => await count(null);`;
  const both = `import { count as first } from "std/capability/ledger_audit";
import { count } from "std/capability/ledger";
export default async () => (await first(null)) + (await count(null));`;
  const late = `export default async () => (await import("std/capability/ledger")).count(null);`;
  try {
    for (const granted of [[], ["ledger_audit"], ["*"], ["led"], ["LEDGER"], ["ledger/count"]]) {
      await assert.rejects(() => run(fixed, granted), { code: "HARN-RUN-010" });
      await assert.rejects(() => run(late, granted));
    }
    // Nothing runs at all, also not what was granted.
    await assert.rejects(() => run(both, ["ledger_audit"]), { code: "HARN-RUN-010" });
    assert.equal(calls, 0);
    assert.equal(await run(fixed, ["ledger"]), 1);
  } finally {
    await runtime.close();
  }
};
