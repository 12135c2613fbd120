import { sep } from "node:path";
import { defineConfig } from "vitest/config";

// The compiled files are tested: what the tests run is what the package ships, workers included.
export default defineConfig({
  test: {
    include: ["dist/**/*.test.js"],
    exclude: [],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // On a busy machine what is waited for comes late.
    expect: { poll: { timeout: 20_000 } },
    pool: "forks",
    maxWorkers: 2,
    // dist/ is made anew by every build, so snapshots stand beside the sources.
    resolveSnapshotPath: (path, extension) =>
      path.replace(`${sep}dist${sep}`, sep).replace(/\.js$/, `.ts${extension}`),
  },
});
