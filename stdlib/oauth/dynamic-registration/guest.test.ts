import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRuntime, memorySink, type Runtime } from "../../../runtime/index.ts";
import { oauth } from "../index.ts";
import { createRedactor } from "../redaction/engine.ts";

let runtime: Runtime;
let folder: string;
const sink = memorySink();
const redactor = createRedactor();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "registration-guest-"));
  runtime = await createRuntime({
    plugins: [oauth({ redactor, sealingKeys: [new Uint8Array(32).fill(5)] })],
    events: [sink],
  });
});
afterAll(async () => {
  await runtime.close();
  await rm(folder, { recursive: true, force: true });
});

const run = (body: string, args: unknown = {}): Promise<unknown> =>
  runtime
    .run({
      filename: "pipeline.js",
      folder,
      args,
      grants: { storage: ["./clients.bin"] },
      source: `
        import * as registration from "std/oauth/dynamic_registration";
        import { custom, file } from "std/oauth/storage";
        const good = { redirect_uris: ["http://localhost:7777/cb"] };
        export default async function (args) { ${body} }`,
    })
    .then(({ result }) => result);

test("a script registers, verifies, manages, and never sees a secret", async () => {
  const result = await run(`
    const store = registration.dynamic_registration_store();
    const client = await registration.register_client(store, good);
    const id = client.client_id;
    const verified = await registration.verify_client_secret(store, id, client.client_secret);
    const guessed = await store.verify(id, "guess");
    const updated = await store.update(id, client.registration_access_token, { ...good, client_name: "New" });
    const stale = await store.read(id, client.registration_access_token);
    const deleted = await registration.delete_client(store, id, updated.registration_access_token);
    return {
      kind: store.kind,
      sealed: [client.client_secret, client.registration_access_token].map((text) => text.slice(0, 5)),
      verified, guessed, stale, deleted,
      name: updated.client_name,
      left: await store.list(),
    };`);
  expect(result).toEqual({
    kind: "oauth_dynreg_store",
    sealed: ["hfs1.", "hfs1."],
    verified: true,
    guessed: false,
    stale: null,
    deleted: true,
    name: "New",
    left: [],
  });
  const kinds = sink.events.filter(({ topic }) => topic === "oauth.dynreg.audit").map(({ kind }) => kind);
  expect(kinds).toEqual(["client_registered", "client_updated", "client_deleted"]);
  expect(JSON.stringify(sink.events)).not.toContain("hfs1.");
});

test("plain functions answer at once, errors carry their code", async () => {
  const result = await run(`
    let refused;
    try { registration.client_metadata({ redirect_uris: ["myapp:/cb"] }); } catch (error) { refused = String(error); }
    return {
      errors: registration.validate_metadata({ grant_types: ["implicit"] }).errors,
      paths: registration.well_known_paths(),
      ok: registration.validate_metadata(good).ok,
      refused,
    };`);
  expect(result).toMatchObject({
    ok: true,
    errors: [
      "HARN-OAU-005: redirect_uris is required",
      'HARN-OAU-005: grant_types[0] "implicit" is not supported',
    ],
    refused: expect.stringMatching(/^HARN-OAU-005: std\/oauth\/dynamic_registration: .*"myapp"/),
  });
});

test("registrations in a file outlive the run, and a storage in the script holds ciphertext", async () => {
  const open = `const store = registration.dynamic_registration_store({ storage: file("./clients.bin", "a".repeat(32)) });`;
  const made = (await run(`${open}
    const { client_id, client_secret } = await store.register(good);
    return { client_id, client_secret };`)) as { client_id: string; client_secret: string };
  expect(await run(`${open} return await store.verify(args.client_id, args.client_secret);`, made)).toBe(
    true,
  );

  const rows = (await run(`
    const rows = new Map();
    const storage = custom({
      get: (key) => rows.get(key) ?? null,
      set: (key, value) => void rows.set(key, value),
      delete: (key) => void rows.delete(key),
    });
    const store = registration.dynamic_registration_store({ storage });
    await Promise.all([store.register(good), store.register(good)]);
    return { tokens: [...rows.values()].map((row) => row.access_token), listed: (await store.list()).length };`)) as {
    tokens: string[];
    listed: number;
  };
  expect(rows.listed).toBe(2);
  expect(rows.tokens).toHaveLength(3);
  for (const token of rows.tokens) expect(token).toMatch(/^hfs1\./);
});
