/**
 * Runs what the manual shows. A block marked `ts pipeline` runs in the sandbox, one marked `ts node` in Node; words behind
 * that say what it needs: `testing`, a person who logs in (`login`) or types a device code (`device`), or a database (`postgres`).
 */

import { execFile } from "node:child_process";
import { mkdtemp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, type Runtime } from "../runtime/index.ts";
import { oauth } from "../stdlib/oauth/index.ts";
import { startServer } from "../stdlib/oauth/storage/postgres/postgres-server.test.support.ts";
import { startInbox, type Inbox } from "./demo/inbox.ts";
import { errorsPage, errorsText } from "./error-pages.ts";
import { patternsPage, patternsText } from "./pattern-page.ts";
import { type AuthorizationServer, startAuthorizationServer } from "./peers/authorization-server.ts";
import { type ProtectedApi, startProtectedApi } from "./peers/protected-api.ts";
import { userAgent } from "./peers/user-agent.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = ["README.md", ...(await readdir(join(root, "docs"))).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith(".md"),
);

interface Snippet {
  readonly name: string;
  readonly words: readonly string[];
  readonly source: string;
}

async function snippets(page: string): Promise<readonly Snippet[]> {
  const text = await readFile(join(root, page), "utf8");
  return [...text.matchAll(/^```ts (pipeline|node)([^\n]*)\n(.*?)^```$/gms)].map((match, index) => {
    const [, kind = "", more = "", source = ""] = match;
    return { name: `${page} snippet ${index + 1}`, words: [kind, ...more.trim().split(/\s+/)], source };
  });
}
const all = (await Promise.all(pages.map(snippets))).flat();

let server: AuthorizationServer;
let api: ProtectedApi;
let inbox: Inbox;
let runtime: Runtime;
let folder: string;
const person = userAgent();
/** What a person does who sees such a line in the log. */
let onLine: (line: string) => void = () => {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-docs-"));
  server = await startAuthorizationServer({ deviceInterval: 1, dpop: true, par: true });
  api = await startProtectedApi(server, server.clients.apiClient);
  inbox = await startInbox();
  runtime = await createRuntime({
    plugins: [oauth()],
    env: { STORE_KEY: randomBytes(32).toString("base64url") },
    onLog: (line) => onLine(line.message),
  });
});
afterAll(async () => {
  await runtime.close();
  await inbox.close();
  await api.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
  await rm(join(root, "dist", "docs"), { recursive: true, force: true });
});

test("the manual has a page for every module, and a snippet on each", () => {
  for (const page of [
    "client",
    "device-flow",
    "dynamic-registration",
    "providers",
    "redaction",
    "storage",
    "token-exchange",
  ]) {
    expect(all.some(({ name }) => name.startsWith(`docs/oauth-${page}.md`))).toBe(true);
  }
});

test("the page of error codes is made from the tables", async () => {
  expect(await readFile(errorsPage, "utf8")).toBe(errorsText());
});

test("the page of patterns is made from the catalogue", async () => {
  expect(await readFile(patternsPage, "utf8")).toBe(patternsText());
});

test("links inside the manual lead somewhere", async () => {
  for (const page of pages) {
    const text = await readFile(join(root, page), "utf8");
    for (const [, link = ""] of text.matchAll(/\]\(([^)#:]+)\)/g)) {
      const target = join(root, page, "..", link);
      await expect(readFile(target), `${page} links to ${link}`).resolves.toBeDefined();
    }
  }
});

describe("in the sandbox", () => {
  // The cookbook has vendors to run against, in cookbook.test.ts.
  const here = all.filter(({ words }) => words[0] === "pipeline" && !words.includes("cookbook"));
  test.each(here)("$name", async ({ words, source }) => {
    let visit: Promise<unknown> = Promise.resolve();
    onLine = (line) => {
      const [url] = /http:\S+\/auth\?\S+/.exec(line) ?? [];
      const [, code, at] = /Enter (\S+) at (\S+)/.exec(line) ?? [];
      if (words.includes("login") && url) visit = person.authorize(url).then((back) => person.visit(back));
      if (words.includes("device") && code && at) visit = person.approveDevice(at, code);
    };
    const { result } = await runtime.run({
      source,
      filename: "snippet.ts",
      folder,
      args: {
        issuer: server.issuer,
        client_id: server.clients.publicClient.clientId,
        device_client_id: server.clients.deviceClient.clientId,
        api: api.origin,
        callback: inbox.callback,
        inbox: inbox.inbox,
      },
      grants: {
        net: ["127.0.0.1", "login.example.com"],
        env: ["STORE_KEY"],
        storage: ["./tokens.bin"],
        capabilities: ["oauth_storage", "secrets"],
        testing: words.includes("testing"),
      },
    });
    await visit;
    expect(result).toMatchSnapshot();
  });
});

describe("in Node", () => {
  test.each(all.filter(({ words }) => words[0] === "node"))("$name", async ({ name, words, source }) => {
    const database = words.includes("postgres") ? await startServer() : null;
    const env = database ? { ...process.env, ...database.environment } : process.env;
    // Inside the package, so that `holdfast` means this package.
    await mkdir(join(root, "dist", "docs"), { recursive: true });
    const file = join(root, "dist", "docs", `${name.replace(/\W+/g, "-")}.mjs`);
    await writeFile(file, source);
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { env });
      expect(stderr).toBe("");
      expect(stdout).toMatchSnapshot();
    } finally {
      await database?.stop();
    }
  });
});
