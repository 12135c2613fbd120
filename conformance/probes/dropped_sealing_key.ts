/**
 * Capsules of older, dropped and foreign sealing keys: the first key seals, all given ones open, no other does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createRuntime } from "../../runtime/index.ts";
import { oauth } from "../../stdlib/oauth/node.ts";
import type { Probe } from "./probe.ts";

const source = `
import { http_get } from "std/http";
import { memory } from "std/oauth/storage";
export default async ({ capsule, key }) => {
  const store = memory();
  const access_token = capsule ?? "a value of this row";
  await store.set(key, { access_token, token_type: "Bearer" });
  return (await store.get(key)).access_token;
};`;

export const probe: Probe = async () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  const run = async (
    sealingKeys: readonly Uint8Array[] | null,
    capsule: string | null = null,
    key = "acme",
  ): Promise<string> => {
    const runtime = await createRuntime({ plugins: [oauth(sealingKeys ? { sealingKeys } : {})] });
    try {
      const { result } = await runtime.run({ source, filename: "pipeline.js", args: { capsule, key } });
      return String(result);
    } catch (error) {
      const { code, hint } = error as { code?: string; hint?: string };
      return `${code ?? String(error)} ${hint ?? ""}`;
    } finally {
      await runtime.close();
    }
  };
  const capsule = await run([older]);
  assert.match(capsule, /^hfs1\./);
  const again = await run([newer, older], capsule);
  assert.match(again, /^hfs1\./);
  assert.notEqual(again, capsule);
  assert.equal(await run([newer], again), again);
  assert.equal(await run([older, newer], again), capsule);
  for (const keys of [[newer], null, [randomBytes(32)]]) {
    const refused = await run(keys, capsule);
    assert.match(refused, /^HARN-OAU-004 .*dropped/);
  }
  assert.match(await run([newer, older], capsule, "other"), /^HARN-OAU-004 /);
  for (const keys of [[], [older, older], [older.subarray(1)]])
    await assert.rejects(() => run(keys), { code: "HARN-RUN-015" });
};
