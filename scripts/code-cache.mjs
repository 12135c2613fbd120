// Runs the command once on the shortest script, and keeps what V8 made of its code. The build calls this in a process of its own.
//
//   node scripts/code-cache.mjs dist script.js
import { createRequire } from "node:module";
import { join } from "node:path";

const [dist, script] = process.argv.slice(2);
const folder = join(dist, "command");
const { joinedCode } = createRequire(import.meta.url)(join(folder, "joined-code.cjs"));
const code = joinedCode(folder);
process.on("exit", (status) => {
  if (status === 0) code.keep();
});
process.argv.splice(2, Infinity, "run", script);
code.load("main.cjs");
