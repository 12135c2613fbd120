/**
 * Runs the recipes of docs/cookbook.md in the sandbox, each against the scripted vendor of its name, with the grants that stand
 * at it.
 */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../runtime/host/clock.ts";
import { HttpFailureError } from "../runtime/host/http-failure.ts";
import { createNodePorts, type NodePorts } from "../runtime/host/node-ports.ts";
import { exactRedactor } from "../runtime/host/redactor.test.support.ts";
import { createTestingWorld } from "../runtime/host/testing-world.ts";
import { createRuntime, type RunResult, type Runtime } from "../runtime/index.ts";
import type { Http } from "../runtime/ports.ts";
import { oauth } from "../stdlib/oauth/index.ts";
import { catalogueNames, templateNames } from "../stdlib/oauth/providers/catalogue.ts";
import {
  httpTo,
  type ScriptedVendor,
  scriptedVendor,
} from "../stdlib/oauth/providers/scripted-vendor.test.support.ts";
import { vendorClient, vendorFacts } from "../stdlib/oauth/providers/vendor-facts.test.support.ts";
import { type Inbox, startInbox } from "./demo/inbox.ts";

const page = await readFile(fileURLToPath(new URL("../../docs/cookbook.md", import.meta.url)), "utf8");
const [, helper = ""] = /^```ts file login\.ts\n(.*?)^```$/ms.exec(page) ?? [];
const recipes = [
  ...page.matchAll(/^Grant: `--allow-net=(\S+)`\n\n```ts pipeline cookbook (\w+)\n(.*?)^```$/gms),
].map(([, net = "", name = "", source = ""]) => ({ name, net: net.split(","), source }));

/** What a recipe of a template gets beside the client. */
const addresses: Readonly<Record<string, string>> = {
  okta: "domain",
  auth0: "domain",
  github_enterprise: "base_url",
};

let runtime: Runtime;
let real: NodePorts;
let inbox: Inbox;
let person: (url: string) => Promise<void>;
let visit: Promise<void> = Promise.resolve();
const env: Record<string, string | { secret: string; origins: readonly string[] }> = {};

beforeAll(async () => {
  real = createNodePorts({ redactor: exactRedactor() });
  inbox = await startInbox();
  runtime = await createRuntime({
    plugins: [oauth()],
    env,
    onLog: ({ message }) => {
      const [, url] = /^Open this page to log in: (\S+)$/.exec(message) ?? [];
      if (url !== undefined) visit = person(url);
    },
  });
});
afterAll(async () => {
  await runtime.close();
  await inbox.close();
  await real.close();
});

/** As the run's own policy would: unmodified catalogue endpoints, the hosts of the grant, and nothing else. */
function granted(http: Http, hosts: readonly string[]): Http {
  return {
    send(request) {
      const { origin, hostname } = new URL(request.url);
      if (request.reach === "catalogue" || hosts.includes(hostname)) return http.send(request);
      throw new HttpFailureError("not_granted", { method: request.method, origin });
    },
  };
}

interface Kitchen {
  readonly vendor: ScriptedVendor;
  /** Runs the recipe; what it stored is there the next time. */
  run(net: readonly string[]): Promise<RunResult>;
}

/** A vendor, a folder with the helper, and the recipe in it. */
async function cook(name: string, source: string, body: (kitchen: Kitchen) => Promise<void>): Promise<void> {
  const facts = vendorFacts().get(name);
  if (facts === undefined) throw new Error(`no facts for ${name}`);
  const vendor = await scriptedVendor(facts);
  const folder = await mkdtemp(join(tmpdir(), "holdfast-cookbook-"));
  await writeFile(join(folder, "login.ts"), helper);
  person = async (url) => void (await fetch(await vendor.agree(url)));
  env["STORE_KEY"] = randomBytes(32).toString("base64url");
  // Sealed, and good for the token endpoint only: a script never sees its value.
  env["CLIENT_SECRET"] = { secret: vendorClient.secret, origins: [new URL(facts.token.url).origin] };
  const run = async (net: readonly string[]): Promise<RunResult> =>
    await runtime.run({
      source,
      filename: `${name}.ts`,
      folder,
      args: {
        client_id: vendorClient.id,
        redirect_uri: inbox.callback,
        inbox: inbox.inbox,
        ...(addresses[name] === undefined ? {} : { [addresses[name]]: facts.arguments[0] }),
      },
      grants: { net, env: ["CLIENT_SECRET", "STORE_KEY"], storage: ["./tokens.bin"], testing: true },
      world: {
        ...createTestingWorld({ clock: systemClock() }),
        http: granted(httpTo([vendor], real.http), net),
      },
    });
  try {
    await body({ vendor, run });
  } finally {
    await visit;
    await vendor.close();
    await rm(folder, { recursive: true, force: true });
  }
}

test("there is a recipe for every provider that has a name", () => {
  expect(recipes.map(({ name }) => name)).toEqual(
    expect.arrayContaining([...catalogueNames, ...templateNames]),
  );
  expect(recipes).toHaveLength(catalogueNames.length + templateNames.length);
});

test.each(recipes)("the recipe of $name is short", ({ source }) => {
  const lines = source.trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(18);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
});

test.each(recipes)("$name", async ({ name, net, source }) => {
  await cook(name, source, async ({ vendor, run }) => {
    const logins = (): number =>
      vendor.seen.filter((line) => line === `GET ${vendor.facts.authorization.url}`).length;
    const first = await run([...net, "127.0.0.1"]);
    expect(first.result).toMatchSnapshot();
    expect(first.warnings).toEqual([]);
    expect(logins()).toBe(1);
    // The next run finds the tokens in the file.
    expect((await run([...net, "127.0.0.1"])).result).toEqual(first.result);
    expect(logins()).toBe(1);
    expect(vendor.complaints).toEqual([]);
  });
});

test.each(recipes)("$name needs the grant that stands at it", async ({ name, source }) => {
  await cook(name, source, async ({ vendor, run }) => {
    await expect(run(["127.0.0.1"])).rejects.toMatchObject({ code: "HARN-OAU-009" });
    expect(vendor.seen).not.toContain(`${vendor.facts.api.method} ${vendor.facts.api.url}`);
  });
});
