import { mkdir, mkdtemp, readFile, realpath, rm, symlink } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createOAuth } from "../../node.ts";
import { fileLocks, systemMeans } from "./file-locks.ts";
import { socketName, takeSocket } from "./process-lock.ts";
import {
  type Child,
  type RotatingProvider,
  rotatingProvider,
  startChild,
} from "./process-lock.test.support.ts";
import { filesIn } from "../../../../conformance/probes/files-in.ts";

const key = "a key of enough characters";
const cleanup: (() => unknown)[] = [];
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "process-lock-")));
  path = join(folder, "tokens.bin");
});
afterEach(async () => {
  for (const clean of cleanup.splice(0).toReversed()) await clean();
  await rm(folder, { recursive: true, force: true });
});

function start(text: string, ...args: readonly string[]): Child {
  const child = startChild(text, ...args);
  cleanup.push(async () => {
    child.process.kill("SIGKILL");
    await child.end();
  });
  return child;
}

async function provider(delayMs = 0): Promise<RotatingProvider> {
  const made = await rotatingProvider(delayMs);
  cleanup.push(() => made.close());
  return made;
}

function oauth(): ReturnType<typeof createOAuth> {
  const made = createOAuth();
  cleanup.push(() => made.close());
  return made;
}

/** A login that is `age` seconds old, of a token that lives an hour. */
async function storeLogin(name: string, age: number): Promise<void> {
  const issued = Math.floor(Date.now() / 1000) - age;
  await oauth()
    .storage.file(path, key)
    .set(name, {
      access_token: "access-1",
      refresh_token: "refresh-1",
      token_type: "Bearer",
      issued_at_unix: issued,
      expires_in: 3600,
      expires_at_unix: issued + 3600,
    });
}

const record = (origin: string) => ({
  id: "acme",
  auth_url: `${origin}/authorize`,
  token_url: `${origin}/token`,
});

/** Holds a lock until it dies. */
const holder = `
const [path, name] = args;
await fileLocks(systemMeans).whileRefreshing(path, name, async () => {
  say("held");
  await new Promise(() => setInterval(() => {}, 1000));
});`;

async function holding(name = "acme"): Promise<Child> {
  const child = start(holder, path, name);
  expect(await child.line()).toBe("held");
  return child;
}

const impatient = fileLocks(systemMeans, 150);
const refused = (holderId: number | undefined): unknown =>
  expect.objectContaining({
    code: "HARN-OAU-010",
    retryable: true,
    message: expect.stringContaining(`process ${String(holderId)} kept a lock`),
  });

const refresher = `
const [path, key, origin] = args;
const { client, storage, close } = createOAuth();
const provider = {
  id: "acme", auth_url: origin + "/authorize", token_url: origin + "/token",
  refresh_handling: { rotates_refresh_token: true, reuse: "strict" },
};
const cli = client.client(provider, { client_id: "client-1", storage: storage.file(path, key) });
say("ready");
await told();
say(await Promise.all([1, 2, 3].map(() => client.token(cli))).then((all) => [...new Set(all)].join(), ({ code }) => code));
await close();
`;

describe("one stale token", () => {
  test("in eight processes is refreshed once, and all get the new one", { timeout: 120_000 }, async () => {
    // Long enough for all to have read the stale token.
    const server = await provider(500);
    await storeLogin("acme", 3700);
    const children = Array.from({ length: 8 }, () => start(refresher, path, key, server.origin));
    for (const child of children) expect(await child.line()).toBe("ready");
    for (const child of children) child.tell();
    const said = await Promise.all(children.map((child) => child.line()));
    expect(said).toEqual(Array<string>(8).fill("access-2"));
    expect(server.presented).toEqual(["refresh-1"]);
    expect(server.alarmed).toBe(false);
    for (const child of children) expect(await child.end()).toEqual({ code: 0, rest: [] });
    expect(await filesIn(folder)).toEqual(["tokens.bin"]);
  });

  test("whose holder is killed in the middle is refreshed by the next", { timeout: 60_000 }, async () => {
    const server = await provider();
    await storeLogin("acme", 3700);
    const child = await holding();
    const { client, storage } = oauth();
    const cli = client.client(record(server.origin), { client_id: "c1", storage: storage.file(path, key) });
    const token = client.token(cli);
    await sleep(500);
    expect(server.presented).toEqual([]);
    child.process.kill("SIGKILL");
    expect(await token).toBe("access-2");
    expect(server.presented).toEqual(["refresh-1"]);
  });

  test("whose holder is stopped is used while it works", { timeout: 60_000 }, async () => {
    const server = await provider();
    await storeLogin("acme", 2800);
    const child = await holding();
    child.process.kill("SIGSTOP");
    const { client, storage } = oauth();
    const options = { client_id: "c1", storage: storage.file(path, key), timeout: 0.2 };
    const cli = client.client(record(server.origin), options);
    expect(await client.token(cli)).toBe("access-1");
    await expect(client.refresh(cli)).rejects.toMatchObject({ code: "HARN-OAU-003", retryable: true });
    expect(server.presented).toEqual([]);
    // The refresh itself goes on: it ends when the holder does.
    child.process.kill("SIGKILL");
    await expect.poll(() => client.token(cli), { timeout: 20_000 }).toBe("access-2");
    expect(server.presented).toEqual(["refresh-1"]);
  });
});

test("four writers lose no update", { timeout: 120_000 }, async () => {
  const writer = `
const [path, key, name] = args;
const { storage, close } = createOAuth();
const store = storage.file(path, key);
say("ready");
await told();
for (let n = 0; n < 25; n += 1)
  await store.set(name + n, { access_token: "of " + name + n, token_type: "Bearer" });
say("done");
await close();`;
  const children = ["a", "b", "c", "d"].map((name) => start(writer, path, key, name));
  for (const child of children) expect(await child.line()).toBe("ready");
  for (const child of children) child.tell();
  for (const child of children) expect(await child.line()).toBe("done");
  const store = oauth().storage.file(path, key);
  for (const name of ["a", "b", "c", "d"])
    for (let n = 0; n < 25; n += 1)
      expect((await store.get(`${name}${n}`))?.access_token).toBe(`of ${name}${n}`);
  expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ counter: 100 });
});

describe("a lock between processes", () => {
  test("is free when its holder is killed, and not before", { timeout: 60_000 }, async () => {
    const child = await holding();
    const order: string[] = [];
    const next = fileLocks(systemMeans).whileRefreshing(path, "acme", async () => void order.push("got"));
    await sleep(200);
    order.push("killed");
    child.process.kill("SIGKILL");
    await next;
    expect(order).toEqual(["killed", "got"]);
  });

  test("of a stopped holder is an error that names it and may be retried", { timeout: 60_000 }, async () => {
    const child = await holding();
    child.process.kill("SIGSTOP");
    const body = async (): Promise<never> => {
      throw new Error("ran without the lock");
    };
    await expect(impatient.whileRefreshing(path, "acme", body)).rejects.toEqual(refused(child.process.pid));
    await expect(impatient.whileRefreshing(path, "acme", body)).rejects.toEqual(refused(child.process.pid));
    child.process.kill("SIGCONT");
    child.process.kill("SIGTERM");
    await child.end();
    expect(await impatient.whileRefreshing(path, "acme", async () => "free")).toBe("free");
  });

  test("is of one key of one file", { timeout: 60_000 }, async () => {
    await holding();
    expect(await impatient.whileRefreshing(path, "other", async () => "free")).toBe("free");
    expect(await impatient.whileRefreshing(`${path}2`, "acme", async () => "free")).toBe("free");
    expect(await impatient.whileWriting(path, async () => "free")).toBe("free");
    await expect(impatient.whileRefreshing(path, "acme", async () => "free")).rejects.toThrow("kept a lock");
  });

  test("is the same through a link to its folder", { timeout: 60_000 }, async () => {
    await mkdir(join(folder, "real"));
    await symlink(join(folder, "real"), join(folder, "link"));
    const through = `
const { storage } = createOAuth();
await storage.file(args[0], args[1]).with_refresh_lock("acme", async () => {
  say("held");
  await new Promise(() => setInterval(() => {}, 1000));
});`;
    const child = start(through, join(folder, "link", "tokens.bin"), key);
    expect(await child.line()).toBe("held");
    const real = join(folder, "real", "tokens.bin");
    await expect(impatient.whileRefreshing(real, "acme", async () => "free")).rejects.toEqual(
      refused(child.process.pid),
    );
  });

  test("excludes two copies of the library in one process", async () => {
    const running = { now: 0, most: 0 };
    const body = async (): Promise<void> => {
      running.now += 1;
      running.most = Math.max(running.most, running.now);
      await sleep(3);
      running.now -= 1;
    };
    const copies = [fileLocks(systemMeans), fileLocks(systemMeans), fileLocks(systemMeans)];
    await Promise.all(
      copies.flatMap((copy) => Array.from({ length: 4 }, () => copy.whileWriting(path, body))),
    );
    expect(running).toEqual({ now: 0, most: 1 });
  });

  test("is asked for once by the callers of one process", { timeout: 60_000 }, async () => {
    let connections = 0;
    const server = await hangUp(socketName(path, "refresh acme"), () => (connections += 1), false);
    const waits = Array.from({ length: 50 }, () =>
      impatient
        .whileRefreshing(path, "acme", async () => "never")
        .catch((error: unknown) => (error as { code?: string }).code),
    );
    expect(new Set(await Promise.all(waits))).toEqual(new Set(["HARN-OAU-010"]));
    expect(connections).toBe(1);
    server.close();
  });

  test("waits without spinning for one who hangs up at once", async () => {
    let connections = 0;
    await hangUp(socketName(path, "refresh acme"), () => (connections += 1), true);
    await expect(impatient.whileRefreshing(path, "acme", async () => "never")).rejects.toThrow("kept a lock");
    expect(connections).toBeGreaterThan(1);
    expect(connections).toBeLessThan(30);
  });

  test("keeps no process alive, and leaves nothing open", { timeout: 60_000 }, async () => {
    const child = start(
      `
const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
const open = () => process.getActiveResourcesInfo().toSorted().join();
const copies = [fileLocks(systemMeans), fileLocks(systemMeans)];
// Both are opened when somebody first looks at them.
process.stderr.write("");
say("begun");
await pause();
const before = open();
await Promise.all(copies.flatMap((copy) => [1, 2, 3].map(() => copy.whileWriting(args[0], () => new Promise((r) => setTimeout(r, 5))))));
await pause();
say(open() === before ? "clean" : open());
await takeSocket("\\0" + args[1], performance.now());
say("held");`,
      path,
      socketName(path, "kept").slice(1),
    );
    expect([await child.line(), await child.line(), await child.line()]).toEqual(["begun", "clean", "held"]);
    expect(await child.end()).toEqual({ code: 0, rest: [] });
  });

  test("ends when its body throws", async () => {
    const thrown = impatient.whileWriting(path, () => Promise.reject(new Error("mine")));
    await expect(thrown).rejects.toThrow("mine");
    expect(await fileLocks(systemMeans, 0).whileWriting(path, async () => "free")).toBe("free");
  });
});

describe("the socket's name", () => {
  test("fills the address exactly, whatever the path's length", async () => {
    const names = [1, 107, 108, 109, 4096].flatMap((length) =>
      ["refresh a", "refresh b", "write"].map((lock) => socketName("/".padEnd(length, "p"), lock)),
    );
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(Buffer.byteLength(name)).toBe(108);
    const releases = await Promise.all(names.map((name) => takeSocket(name, performance.now())));
    for (const release of releases) release();
  });

  test("shows neither path nor key", () => {
    expect(socketName("/home/somebody/tokens.bin", "refresh acme")).not.toMatch(/somebody|tokens\.bin|acme/);
  });
});

/** Someone else at this address, who counts connections and may end each at once. */
async function hangUp(name: string, onConnection: () => void, ends: boolean): Promise<Server> {
  const server = createServer((socket) => {
    onConnection();
    socket.on("error", () => {});
    if (ends) socket.destroy();
    else socket.resume();
  });
  await new Promise<void>((resolve) => server.listen({ path: name }, resolve));
  cleanup.push(() => server.close());
  return server;
}
