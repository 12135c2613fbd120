import { expect, test } from "vitest";
import { oauth } from "../../stdlib/oauth/index.ts";
import { createRuntime, memorySink } from "../index.ts";

test("what a run's log redacted is an event of that run, in its own ring, and in its sinks", async () => {
  const sink = memorySink();
  const runtime = await createRuntime({ plugins: [oauth()], events: [sink] });
  const token = ["gh", "p_", "A".repeat(36)].join("");
  const { id, result, logs } = await runtime.run({
    filename: "a.js",
    source: `import { log } from "std/log"; import { drain_audit } from "std/oauth/redaction";
      export default ({ token }) => { log("one " + token + " and two " + token); return drain_audit(); };`,
    args: { token },
  });
  await runtime.close();
  const entry = { code: "HARN-OAU-001", pattern: "github_token", match_count: 2, bytes_redacted: 80 };
  expect(result).toEqual([entry]);
  expect(logs[0]?.message).toBe("one <redacted:github_token:40> and two <redacted:github_token:40>");
  expect(sink.events).toMatchObject([
    {
      topic: "audit.token_redaction",
      kind: "token_redaction",
      payload: entry,
      actor: { run: id, script: "a.js" },
    },
  ]);
});
