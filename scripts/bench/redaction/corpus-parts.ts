/**
 * Text of the kinds that logs and repositories are made of, without a token in it.
 *
 * @module
 */

import type { Random } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { between, bytes, hex, oneOf, uuid } from "./randomness.ts";

/** Gives one line, or a few that belong together, with the newline at the end. */
export type Part = (random: Random) => string;

const paths = [
  "/api/v1/issues",
  "/api/v1/users",
  "/static/app.js",
  "/health",
  "/login",
  "/search",
  "/docs/api",
];
const agents = [
  "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
  "curl/8.14.1",
  "kube-probe/1.33",
];
const packages = [
  "array-flatten",
  "body-parser",
  "chalk",
  "debug",
  "express",
  "glob",
  "lodash",
  "semver",
  "ws",
  "yargs",
];
const words =
  "the of a cache request was found in queue worker started with item sync page issue from tracker done retry after limit reached connection closed by peer".split(
    " ",
  );
const levels = ["debug", "info", "info", "info", "warn", "error"];
const names = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances"];
const folders = ["src", "lib", "test", "docs", "packages/core/src", "scripts"];

/** The combined format of Apache and nginx, with a UUID in the path. */
export const accessLog: Part = (random) => {
  const address = Array.from({ length: 4 }, () => between(random, 1, 254)).join(".");
  const target = `${oneOf(random, paths)}/${uuid(random)}?page=${between(random, 1, 90)}`;
  return `${address} - - [${day(random)}/Nov/2026:${clock(random)} +0000] "${oneOf(random, ["GET", "POST", "PUT"])} ${target} HTTP/1.1" ${oneOf(random, [200, 200, 200, 304, 404, 500])} ${between(random, 100, 99_999)} "https://example.com${oneOf(random, paths)}" "${oneOf(random, agents)}"\n`;
};

/** One JSON object a line, with a trace id and a commit's SHA. */
export const jsonLog: Part = (random) =>
  `${JSON.stringify({
    level: oneOf(random, levels),
    time: `2026-11-${day(random)}T${clock(random)}.${between(random, 100, 999)}Z`,
    service: oneOf(random, packages),
    trace_id: hex(random, 32),
    span_id: hex(random, 16),
    commit: hex(random, 40),
    duration_ms: between(random, 1, 4_000),
    msg: sentence(random, between(random, 4, 14)),
  })}\n`;

/** An entry of npm's lock file, with an integrity hash. */
export const npmLock: Part = (random) => {
  const name = `${oneOf(random, packages)}-${oneOf(random, words)}`;
  return [
    `    "node_modules/${name}": {`,
    `      "version": "${version(random)}",`,
    `      "resolved": "https://registry.npmjs.org/${name}/-/${name}-${version(random)}.tgz",`,
    `      "integrity": "sha512-${bytes(random, 64).toString("base64")}",`,
    `      "dev": true,`,
    `      "engines": {\n        "node": ">=${between(random, 6, 22)}"\n      }`,
    "    },\n",
  ].join("\n");
};

/** An entry of pnpm's. */
export const pnpmLock: Part = (random) =>
  `  ${oneOf(random, packages)}-${oneOf(random, words)}@${version(random)}:\n    resolution: {integrity: sha512-${bytes(random, 64).toString("base64")}}\n    engines: {node: '>=${between(random, 6, 22)}'}\n\n`;

/** A picture in a Markdown file. */
export const image: Part = (random) =>
  `![${sentence(random, 3)}](data:image/png;base64,iVBORw0KGgo${bytes(random, between(random, 300, 9_000)).toString("base64")})\n`;

/** A commit as `git log --stat` shows it. */
export const gitLog: Part = (random) => {
  const name = oneOf(random, names);
  const files = Array.from({ length: between(random, 1, 6) }, () => {
    const changes = between(random, 1, 60);
    return ` ${oneOf(random, folders)}/${oneOf(random, words)}-${oneOf(random, words)}.ts | ${changes} ${"+".repeat(changes / 2)}${"-".repeat(changes / 3)}`;
  });
  return `commit ${hex(random, 40)}\nAuthor: ${name} <${name.toLowerCase()}@example.com>\nDate:   Mon Nov ${day(random)} ${clock(random)} 2026 +0000\n\n    ${sentence(random, 7)} (#${between(random, 1, 9_999)})\n\n${files.join("\n")}\n\n`;
};

/** A line of a script's output, which token lines begin with. */
export function logStart(random: Random): string {
  return `2026-11-${day(random)}T${clock(random)}Z ${oneOf(random, levels)} ${sentence(random, 8)}`;
}

function sentence(random: Random, length: number): string {
  return Array.from({ length }, () => oneOf(random, words)).join(" ");
}

function day(random: Random): string {
  return two(between(random, 1, 30));
}

function clock(random: Random): string {
  return [between(random, 0, 23), between(random, 0, 59), between(random, 0, 59)].map(two).join(":");
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function version(random: Random): string {
  return [between(random, 0, 12), between(random, 0, 30), between(random, 0, 20)].join(".");
}
