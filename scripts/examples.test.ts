import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createRuntime, RunError } from "../runtime/index.ts";
import { oauth } from "../stdlib/oauth/index.ts";

const folder = fileURLToPath(new URL("../../examples", import.meta.url));
const scripts = readdirSync(folder).filter((name) => name.endsWith(".ts"));

test("there are examples for every way to log in, to call and to log out", () => {
  expect(scripts).toEqual(
    expect.arrayContaining([
      "login.ts",
      "device-login.ts",
      "call-api.ts",
      "status.ts",
      "logout.ts",
      "github-issues.ts",
    ]),
  );
});

test.each(scripts)("%s loads: it parses and imports only what exists", async (name) => {
  const runtime = await createRuntime({ plugins: [oauth()] });
  try {
    const source = readFileSync(join(folder, name), "utf8");
    // Without args and grants a script fails as soon as it does something; loading it comes before that.
    const outcome = await runtime.run({ source, filename: name, folder }).catch((error: unknown) => error);
    const code = outcome instanceof RunError ? outcome.code : null;
    expect(["HARN-RUN-011", "HARN-RUN-012"]).not.toContain(code);
    expect(existsSync(join(folder, "tokens.bin"))).toBe(false);
  } finally {
    await runtime.close();
  }
});
