import { defineConfig } from "vitest/config";

// The compiled files are tested: what the tests run is what the package ships, workers included.
export default defineConfig({
  test: {
    include: ["dist/**/*.test.js"],
    exclude: [],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
