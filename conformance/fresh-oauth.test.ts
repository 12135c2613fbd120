import { afterAll, beforeAll, expect, test } from "vitest";
import { createRuntime, type Runtime } from "../runtime/index.ts";
import { fingerprintSource } from "../runtime/sandbox/realm-fingerprint.test.support.ts";
import { oauth } from "../stdlib/oauth/index.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ plugins: [oauth()] });
});
afterAll(() => runtime.close());

const names = [
  "providers",
  "storage",
  "client",
  "device_flow",
  "dynamic_registration",
  "token_exchange",
  "redaction",
].map((name) => `std/oauth/${name}`);
const fingerprint = fingerprintSource(names);
const run = async (source: string): Promise<unknown> =>
  (await runtime.run({ source, filename: "pipeline.js" })).result;

/** Changes what can be reached from every export of every module, and says how many objects that were. */
const attack = `${names.map((name, index) => `import * as std${index} from "${name}";`).join("\n")}
const { getPrototypeOf, ownKeys, setPrototypeOf } = Reflect;
const seen = new Set();
let changed = 0;
function change(value) {
  if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
  seen.add(value);
  const keys = ownKeys(value);
  for (let i = 0; i < keys.length; i++) try { change(value[keys[i]]); } catch {}
  change(getPrototypeOf(value));
  for (let i = 0; i < keys.length; i++) {
    try { value[keys[i]] = "left"; } catch {}
    try { delete value[keys[i]]; } catch {}
  }
  try { value.left = 1; if (value.left === 1) changed += 1; } catch {}
  try { setPrototypeOf(value, null); } catch {}
}
const modules = [${names.map((_, index) => `std${index}`).join(", ")}];
for (let i = 0; i < modules.length; i++) change(modules[i]);
export const result = changed;`;

test("what a script does to the exports of std/oauth and their prototypes is gone with it", async () => {
  const before = await run(fingerprint);
  expect(await run(attack)).toBeGreaterThan(20);
  expect(await run(fingerprint)).toBe(before);
  // The description sees what one script changes in its own realm.
  const changing = fingerprint.replace(
    "const roots",
    "Object.getPrototypeOf(std2.token).left = 1;\nconst roots",
  );
  expect(await run(changing)).not.toBe(before);
});
