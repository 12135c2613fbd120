import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createRuntime } from "../../../runtime/index.ts";
import { oauth } from "../index.ts";
import { testPorts } from "./ports.test.support.ts";
import { storageModule } from "./index.ts";

test("a storage path below a regular file fails alike in a script and in Node", async () => {
  const folder = mkdtempSync(join(tmpdir(), "below-"));
  writeFileSync(join(folder, "plain"), "here first");
  const key = "k".repeat(32);
  const path = join(folder, "plain", "tokens.bin");
  const notAFolder = {
    code: "HARN-OAU-010",
    message: "std/oauth/storage: a part of the path is not a folder",
  };
  const runtime = await createRuntime({ plugins: [oauth()] });
  const run = (storage: readonly string[]) =>
    runtime.run({
      filename: "pipeline.js",
      folder,
      source: `import { file } from "std/oauth/storage";
        export default async () => await file("plain/tokens.bin", "${key}").get("k");`,
      grants: { storage },
    });
  try {
    await expect(storageModule(testPorts()).file(path, key).get("k")).rejects.toMatchObject(notAFolder);
    for (const storage of [["*"], ["./"], ["plain/tokens.bin"]]) {
      await expect(run(storage)).rejects.toMatchObject(notAFolder);
    }
    await expect(run(["other.bin"])).rejects.toMatchObject({ code: "HARN-OAU-009" });
  } finally {
    await runtime.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
