import { expect, test } from "vitest";
import { isPlain } from "../../../runtime/plugin.ts";
import type { Ports } from "../../../runtime/ports.ts";
import { createRedactor } from "./engine.ts";
import { redactionModule } from "./index.ts";

const moduleOver = (redactor: unknown): ReturnType<typeof redactionModule> =>
  redactionModule({ redactor } as unknown as Ports);
const github = ["gh", "p_", "aB3dEf9hIj".repeat(4).slice(4)].join("");

test("the functions of the module work on the run's own redactor", () => {
  const root = createRedactor();
  const std = moduleOver(root.fork());
  expect(std.default_patterns().slice(0, 3)).toEqual(["jwt", "github_token", "github_pat_fine"]);
  expect(std.register_pattern("acme", "acme_[a-z]+")).toBeNull();
  expect(std.custom_patterns()).toEqual(["acme"]);
  expect(std.redact(`acme_x ${github}`)).toBe("<redacted:acme:6> <redacted:github_token:40>");
  expect(std.redact_value({ password: "x" })).toEqual({ password: "<redacted:password:1>" });
  expect(std.drain_audit().map((entry) => entry.pattern)).toEqual(["acme", "github_token", "password"]);
  expect(std.drain_audit()).toEqual([]);
  expect(std.audit_totals()).toMatchObject({ entries: 3, match_count: 3 });
  expect(std.clear_custom_patterns()).toBeNull();
  expect(std.custom_patterns()).toEqual([]);
  expect(root.auditTotals().entries).toBe(0);
});

test("all functions are plain, and building them touches nothing", () => {
  const std = redactionModule({} as Ports);
  for (const fn of Object.values(std)) expect(isPlain(fn)).toBe(true);
});

test("what is wrong is HARN-OAU-011", () => {
  const std = moduleOver(createRedactor());
  const wrong = expect.objectContaining({ name: "OAuthError", code: "HARN-OAU-011" }) as Error;
  expect(() => std.redact(7 as unknown as string)).toThrow(wrong);
  expect(() => std.register_pattern("acme", "(a+)+")).toThrow(
    expect.objectContaining({
      message:
        "std/oauth/redaction: register_pattern: the regular expression is refused: it nests one unbounded repetition in another",
    }),
  );
  expect(() => moduleOver({ redact: (text: string) => text }).redact("x")).toThrow(wrong);
});

test("a listener can write events without hearing of them again", () => {
  const events: unknown[] = [];
  const redactor = createRedactor({
    onAudit: (entries) => {
      for (const entry of entries)
        events.push({
          topic: "audit.token_redaction",
          kind: "token_redaction",
          payload: redactor.redactValue(entry),
        });
    },
  });
  redactor.registerPattern("own_code", "HARN-[A-Z]+");
  expect(redactor.redact(github)).toBe("<redacted:github_token:40>");
  expect(events).toEqual([
    {
      topic: "audit.token_redaction",
      kind: "token_redaction",
      payload: {
        code: "<redacted:own_code:8>-001",
        pattern: "github_token",
        match_count: 1,
        bytes_redacted: 40,
      },
    },
  ]);
});
