import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createRuntime,
  errorJson,
  formatError,
  type Grants,
  type Limits,
  RunError,
  type Runtime,
  ScriptError,
} from "../runtime/index.ts";
import { oauth } from "../stdlib/oauth/index.ts";

const MiB = 1024 * 1024;

let runtime: Runtime;
let folder: string;
/** A port that nobody listens on. */
let closedPort: number;
const opened: Runtime[] = [];

async function open(limits: Partial<Limits>): Promise<Runtime> {
  const one = await createRuntime({
    plugins: [oauth()],
    env: { HOME: "/home/nobody" },
    capabilities: { tickets: { open: () => 1 } },
    // On a busy machine a script may need long to be asked where it is.
    limits: { grace: 5_000, ...limits },
    egress: { lookup: async () => [{ address: "10.0.0.7", family: 4 }] },
  });
  opened.push(one);
  return one;
}

beforeAll(async () => {
  runtime = await open({ cpu: 10_000, result: 1_000, log: 500, pendingCalls: 20, callbackTimeout: 100 });
  folder = await mkdtemp(join(tmpdir(), "holdfast-errors-"));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closedPort = (server.address() as AddressInfo).port;
  await new Promise((resolve) => server.close(resolve));
});
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()));
  await rm(folder, { recursive: true, force: true });
});

interface Case {
  readonly source: string;
  readonly grants?: Grants;
  readonly args?: unknown;
  readonly limits?: Partial<Limits>;
  readonly signal?: () => AbortSignal;
  /** A second file of the pipeline, `lib.ts`. */
  readonly lib?: string;
}

/** The whole text and the whole JSON that an author sees. */
async function shown(
  name: string,
  { source, grants = {}, args, limits, signal, lib }: Case,
): Promise<string> {
  const filename = name.startsWith("js") ? "pipeline.js" : "pipeline.ts";
  if (lib !== undefined) await writeFile(join(folder, "lib.ts"), lib);
  const on = limits ? await open(limits) : runtime;
  const request = {
    source,
    filename,
    grants,
    args,
    ...(lib === undefined ? {} : { folder }),
    ...(signal ? { signal: signal() } : {}),
  };
  const error: unknown = await on.run(request).then(
    ({ result }) => new Error(`it answered ${JSON.stringify(result)}`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RunError || error instanceof ScriptError)) throw error;
  const text = `${formatError(error)}\n\n${JSON.stringify(errorJson(error), null, 2)}\n`;
  // Ports differ from run to run.
  return text.replaceAll(String(closedPort), "PORT");
}

const storageThatThrows = `
import { client, token } from "std/oauth/client";

const storage = {
  get: async (key: string) => {
    const rows: string[] | undefined = undefined;
    return (rows as unknown as string[])[0];
  },
  set: () => {},
  delete: () => {},
};

export default async () => {
  const record = { id: "acme", auth_url: "https://as.example.com/a", token_url: "https://as.example.com/t" };
  return await token(client(record, { client_id: "c", storage }));
};
`;

const cases: Readonly<Record<string, Case>> = {
  "js 001 memory": {
    source: `export default () => {\n  const kept = [];\n  for (;;) kept.push(new Uint8Array(1 << 20));\n};\n`,
    limits: { memory: 16 * MiB, cpu: 10_000 },
  },
  "ts 001 memory after await": {
    source: `import { sleep } from "std/time";\nexport default async (): Promise<void> => {\n  await sleep(1);\n  const kept: string[] = [];\n  for (;;) kept.push("x".repeat(1 << 20) as string);\n};\n`,
    limits: { memory: 16 * MiB, cpu: 10_000 },
  },
  "js 002 a loop in a function": {
    source: `function spin(n) {\n  for (;;) n += 1;\n}\n\nexport default () => {\n  spin(1);\n};\n`,
    limits: { cpu: 50 },
  },
  "ts 002 a loop after await": {
    source: `import { sleep } from "std/time";\n\nfunction spin(n: number): never {\n  for (;;) n += 1;\n}\n\nexport default async () => {\n  await sleep(1);\n  const n: number = 1; spin(n);\n};\n`,
    limits: { cpu: 50 },
  },
  "js 002 inside one built-in": {
    source: `export default () => [].indexOf.call({ length: 2 ** 53 - 1 }, 1);\n`,
    limits: { cpu: 50, grace: 50 },
  },
  "ts 002 inside a built-in that can be stopped": {
    source: `const ends = (text: string): boolean => /^(a+)+$/.test(text);\n\nexport default (): boolean => ends("a".repeat(40) + "b");\n`,
    limits: { cpu: 50 },
  },
  "ts 002 a loop in the default function": {
    source: `type N = number;\n\nexport default (): never => {\n  for (;;);\n};\n`,
    limits: { cpu: 50 },
  },
  "js 002 a loop before the first await": {
    source: `export default async () => {\n  let n = 0;\n  while (true) n++;\n};\n`,
    limits: { cpu: 50 },
  },
  "ts 002 a loop in an async function before its first await": {
    source: `const load = async (n: number): Promise<number> => {\n  while (n > 0) n = n === 5 ? 1 : n + 1;\n  return Math.sqrt(n);\n};\n\nexport default async (): Promise<number> => {\n  const one = 1 as number;\n  return await load(one);\n};\n`,
    limits: { cpu: 50 },
  },
  "ts 002 the second loop of a function": {
    source: `const items: number[] = [1, 2];\n\nexport default (): void => {\n  for (const item of items) Math.sqrt(item);\n  let n: number = 0;\n  for (;;) {\n    n += Math.abs(n as number);\n  }\n  Math.sqrt(1);\n};\n`,
    limits: { cpu: 50 },
  },
  "js 002 a loop at the top": { source: `let n = 0;\n\nfor (;;) n += 1;\n`, limits: { cpu: 50 } },
  "js 002 a flood of jobs": {
    source: `export default async () => {\n  for (;;) await null;\n};\n`,
    limits: { cpu: 50 },
  },
  "ts 003 a loop": {
    source: `export default async (): Promise<void> => {\n  const spin = (): void => {\n    for (;;);\n  };\n  spin();\n};\n`,
    limits: { wall: 300, cpu: 10_000 },
  },
  "js 003 waits too long": {
    source: `import { sleep } from "std/time";\n\nexport default async () => {\n  await sleep(60_000);\n};\n`,
    limits: { wall: 300 },
  },
  "ts 003 waits for two": {
    source: `import { sleep } from "std/time";\nimport { subscribe } from "std/events";\n\nconst slow = (ms: number): Promise<void> => sleep(ms);\n\nexport default async () => {\n  const next: unknown = subscribe({ topic: "never", live: true }).next();\n  await Promise.all([next, slow(60_000)]);\n};\n`,
    limits: { wall: 300 },
  },
  "ts 003 a function that never answers": {
    source: storageThatThrows.replace(/async \(key[\s\S]*?\n {2}\},/, "() => new Promise(() => {}),"),
  },
  "js 004 recursion": {
    source: `const deeper = (n) => deeper(n + 1) + 1;\n\nexport default () => {\n  return deeper(0);\n};\n`,
  },
  "ts 004 recursion after await": {
    source: `const deeper = (n: number): number => deeper(n + 1) + 1;\n\nexport default async (): Promise<number> => {\n  await null;\n  return deeper(0 as number);\n};\n`,
  },
  "js 005 result": { source: `export default () => "x".repeat(2_000);\n` },
  "ts 005 an exported result": {
    source: `type Text = string;\n\nexport const result: Text = "é".repeat(2_000);\n`,
  },
  "js 006 log": {
    source: `import { log } from "std/log";\n\nexport default () => {\n  for (let i = 0; i < 100; i++) {\n    log("line " + i);\n  }\n};\n`,
  },
  "ts 006 console after await": {
    source: `export default async (): Promise<void> => {\n  await null;\n  console.log("x".repeat(1_000) as string);\n};\n`,
  },
  "js 007 calls": {
    source: `import { subscribe } from "std/events";\n\nexport default async () => {\n  const events = subscribe({ topic: "never", live: true });\n  await Promise.all(Array.from({ length: 50 }, () => events.next()));\n};\n`,
  },
  "ts 007 calls after await": {
    source: `import { sleep } from "std/time";\n\nexport default async (): Promise<void> => {\n  await sleep(1);\n  const all: Promise<void>[] = Array.from({ length: 50 }, () => sleep(60_000));\n  await Promise.all(all);\n};\n`,
  },
  "js 008 waits for nothing": {
    source: `export default async () => {\n  await new Promise(() => {});\n};\n`,
  },
  "ts 008 after a call": {
    source: `import { sleep } from "std/time";\n\nexport default async (): Promise<void> => {\n  await sleep(1);\n  const gate: Promise<void> = new Promise(() => {});\n  await gate;\n};\n`,
  },
  "js 008 at the top": { source: `await new Promise(() => {});\n` },
  "js 009 before the start": { source: `export const result = 1;\n`, signal: () => AbortSignal.abort() },
  "js 009 while it waits": {
    source: `import { sleep } from "std/time";\n\nexport default async () => {\n  await sleep(60_000);\n};\n`,
    signal: () => AbortSignal.timeout(500),
  },
  "js 009 while it loops": {
    source: `function spin() {\n  for (;;);\n}\nexport default async () => {\n  spin();\n};\n`,
    signal: () => AbortSignal.timeout(500),
  },
  "ts 009 while its types are removed": {
    source: `const n: number = 1;\nexport const result = n;\n`,
    signal: () => {
      const controller = new AbortController();
      queueMicrotask(() => controller.abort());
      return controller.signal;
    },
  },
  "js 010 env": {
    source: `import { env } from "std/env";\n\nexport default () => env("HOME");\n`,
  },
  "ts 010 storage": {
    source: `import { file } from "std/oauth/storage";\n\nexport default async (): Promise<void> => {\n  const store: unknown = file("tokens.bin", "k".repeat(32));\n  void store;\n};\n`,
  },
  "js 010 std/testing": { source: `import { open } from "std/testing";\n` },
  "ts 010 net": {
    source: `import { http_get } from "std/http";\n\nconst read = async (url: string): Promise<unknown> => (await http_get(url)).body;\n\nexport default () => read("https://api.example.com/me");\n`,
  },
  "js 011 unknown module": { source: `// Two lines down.\n\nimport { get } from "std/htp";\n` },
  "ts 011 unknown name": {
    source: `import {\n  http_get,\n  type HttpAnswer,\n  http_pst,\n} from "std/http";\nhttp_get; http_pst;\n`,
  },
  "js 011 a Node module": { source: `import fs from "node:fs";\n` },
  "js 011 computed": {
    source: `const name = "node:" + "fs";\n\nexport default async () => {\n  const fs = await import(name);\n  return fs;\n};\n`,
  },
  "js 012 syntax": { source: `const a = 1;\nconst b = ;\n` },
  "ts 012 syntax": { source: `const a: number = 1;\n\tconst b: string = ;\n` },
  "ts 012 enum": { source: `type A = 1;\nenum Colour { Red }\n` },
  "ts 012 in an imported file": {
    source: `import { a } from "./lib.ts";\nexport const result: number = a;\n`,
    lib: `export const a: number = 1;\nexport const b = 1 +;\n`,
  },
  "js 013 address": {
    grants: { net: ["*"] },
    source: `import { http_get } from "std/http";\n\nexport default async () => {\n  const answer = await http_get("https://intranet.example.com/");\n  return answer.status;\n};\n`,
  },
  "ts 013 a URL": {
    grants: { net: ["*"] },
    source: `import { http_get } from "std/http";\n\nexport default async (): Promise<void> => {\n  const url: string = "https://ada:pw@api.example.com/";\n  await http_get(url);\n};\n`,
  },
  "js 014 network": {
    source: `import { http_get } from "std/http";\n\nexport default async ({ port }) => {\n  await http_get(\`http://127.0.0.1:\${port}/\`);\n};\n`,
    grants: { net: ["127.0.0.1"] },
    get args() {
      return { port: closedPort };
    },
  },
  "ts 014 network": {
    source: `import { http_get } from "std/http";\n\nexport default async ({ port }: { port: number }) => {\n  const url: string = \`http://127.0.0.1:\${port}/\`;\n  return (await http_get(url)).status;\n};\n`,
    grants: { net: ["127.0.0.1"] },
    get args() {
      return { port: closedPort };
    },
  },
  "js 015 argument": {
    source: `import { sleep } from "std/time";\n\nexport default async () => {\n  await sleep(-1);\n};\n`,
  },
  "ts 015 argument after await": {
    source: `import { sleep } from "std/time";\nimport { base64url_decode } from "std/crypto";\n\nexport default async (): Promise<unknown> => {\n  await sleep(1);\n  return base64url_decode("!" as string);\n};\n`,
  },
  "js 015 arguments of the run": { source: `export const result = 1;\n`, args: { call: () => {} } },
  "js 015 too large": {
    source: `import { sha256_hex } from "std/crypto";\n\nexport default () => sha256_hex("x".repeat(2_000_000));\n`,
  },
  "js 015 sources": { source: `// ${"x".repeat(200)}\n`, limits: { source: 100 } },

  "js thrown after await": {
    source: `import { sleep } from "std/time";\n\nasync function load() {\n  await sleep(1);\n  throw new RangeError("nothing loaded");\n}\n\nexport default async () => {\n  await load();\n};\n`,
  },
  "ts thrown in a custom storage": { source: storageThatThrows },
  "ts thrown in on_user_code": {
    source: `import { device_flow } from "std/oauth/device_flow";
import { memory } from "std/oauth/storage";
import { http_mock } from "std/testing";

http_mock("POST", "https://as.example.com/d", {
  body: JSON.stringify({ device_code: "d", user_code: "A-B", verification_uri: "https://as.example.com/go", expires_in: 600 }),
  headers: { "content-type": "application/json" },
});

const show = ({ user_code }: { user_code: string }): void => {
  throw new RangeError("cannot show a " + typeof user_code);
};

export default async (): Promise<void> => {
  const record = {
    id: "acme",
    auth_url: "https://as.example.com/a",
    token_url: "https://as.example.com/t",
    device_code_url: "https://as.example.com/d",
  };
  await device_flow(record, { client_id: "c", storage: memory(), on_user_code: show });
};
`,
    grants: { testing: true },
  },
  "ts thrown in an imported file": {
    source: `import { parse } from "./lib.ts";\n\nexport default async (): Promise<number> => {\n  return parse("x") as number;\n};\n`,
    lib: `// A library.\nexport function parse(text: string): number {\n  const value: number = Number(text);\n  if (Number.isNaN(value)) throw new TypeError(\`"\${text}" is no number\`);\n  return value;\n}\n`,
  },
  "js thrown text": { source: `export default () => {\n  throw "just a text";\n};\n` },
  "js thrown object": { source: `export default () => {\n  throw { status: 500, reason: "no" };\n};\n` },
  "js thrown null": { source: `throw null;\n` },
  "js thrown symbol": { source: `throw Symbol("s");\n` },
  "js thrown proxy": {
    source: `throw new Proxy({}, { get() { throw new Error("no"); }, getPrototypeOf() { throw new Error("no"); } });\n`,
  },
  "js a chain of causes": {
    source: `function read() {\n  throw new TypeError("not JSON");\n}\nfunction load() {\n  try {\n    read();\n  } catch (cause) {\n    throw new Error("cannot load", { cause });\n  }\n}\nexport default () => {\n  try {\n    load();\n  } catch (cause) {\n    throw new Error("no report", { cause });\n  }\n};\n`,
  },
  "ts AggregateError": {
    source: `const fail = async (n: number): Promise<never> => {\n  throw new RangeError(\`attempt \${n}\`);\n};\n\nexport default async () => {\n  await Promise.any([fail(1), fail(2)]);\n};\n`,
  },
  "js a cause that is its own cause": {
    source: `const error = new Error("round");\nerror.cause = error;\nthrow error;\n`,
  },
  "js a failed call as a cause": {
    source: `import { env } from "std/env";\n\nexport default () => {\n  try {\n    env("HOME");\n  } catch (cause) {\n    throw new Error("no home", { cause });\n  }\n};\n`,
  },
};

describe("what an author sees", () => {
  test.each(Object.entries(cases))("%s", async (name, one) => {
    expect(await shown(name, one)).toMatchSnapshot();
  });
});

test("an error in a timer is in the log, with its place, and the run goes on", async () => {
  const { result, logs } = await runtime.run({
    filename: "pipeline.ts",
    source: `import { sleep } from "std/time";\n\nexport default async (): Promise<number> => {\n  setTimeout(() => {\n    throw new RangeError("late" as string);\n  }, 1);\n  await sleep(20);\n  return 1;\n};\n`,
  });
  expect(result).toBe(1);
  expect(logs.map(({ message }) => message)).toMatchSnapshot();
});

test("calls that nobody awaited are listed with their places", async () => {
  const { warnings } = await runtime.run({
    filename: "pipeline.ts",
    source: `import { subscribe } from "std/events";\n\nexport default (): void => {\n  const events: any = subscribe({ topic: "never", live: true });\n  void events.next();\n  const more: unknown = events.next();\n};\n`,
  });
  expect(warnings).toMatchSnapshot();
});
