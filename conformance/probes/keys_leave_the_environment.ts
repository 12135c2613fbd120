/**
 * The command's sealing keys are read once: no script, diagnostic report or message shows them afterwards, whatever was granted.
 *
 * @module
 */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { leakIn } from "../secrets.ts";
import { ended, startHoldfast } from "./child.ts";
import type { Probe } from "./probe.ts";

const name = "HOLDFAST_SEALING_KEYS";
const readAll = `import { env } from "std/env";
export default () => ["${name}", "${name.toLowerCase()}", "PATH"].map((name) => env(name) !== null);`;

const waits = `import { log } from "std/log";
import { sleep } from "std/time";
export default () => { log("running"); return sleep(60_000); };`;

export const probe: Probe = async ({ folder }) => {
  const keys = [randomBytes(32), randomBytes(32)].map((key) => key.toString("base64url"));
  await writeFile(join(folder, "script.js"), readAll);
  const words = ["run", "script.js", "--allow-env=*", "--reveal-tokens"];
  // A report of the process, as operators have them written, lists its environment.
  const reporting = { NODE_OPTIONS: "--report-on-signal --report-signal=SIGUSR2 --report-directory=." };
  const good = await ended(startHoldfast(folder, words, { [name]: keys.join(","), ...reporting }));
  assert.equal(good.code, 0, good.stderr);
  assert.deepEqual(JSON.parse(good.stdout), [false, false, true]);

  await writeFile(join(folder, "script.js"), waits);
  const waiting = startHoldfast(folder, ["run", "script.js"], { [name]: keys.join(","), ...reporting });
  const over = ended(waiting);
  // The script runs, so the keys were read.
  waiting.stderr?.once("data", () => waiting.kill("SIGUSR2"));
  const reports = async (): Promise<readonly string[]> =>
    (await readdir(folder)).filter((file) => file.startsWith("report."));
  while ((await reports()).length === 0 && waiting.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20));
  waiting.kill("SIGTERM");
  await over;
  const [report] = await reports();
  const text = await readFile(join(folder, report ?? ""), "utf8");
  assert.match(text, /"environmentVariables"/);
  assert.equal(leakIn(text, keys), null, "the report shows a key");

  for (const bad of [`${keys[0] ?? ""},${keys[0] ?? ""}`, `${keys[0] ?? ""},${keys[1]?.slice(1) ?? ""}`]) {
    const refused = await ended(startHoldfast(folder, words, { [name]: bad }));
    assert.equal(refused.code, 2, refused.stderr);
    assert.equal(
      leakIn(
        refused.stdout + refused.stderr,
        keys.flatMap((key) => [key, key.slice(1)]),
      ),
      null,
    );
  }
};
