/**
 * Processes for the tests of the locks, and a provider that notices a refresh token that comes twice.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const compiled = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** What a child can use: `createOAuth`, `fileLocks`, `systemMeans`, `takeSocket`, `say`, `told`, and its arguments as `args`. */
const head = `
import { createOAuth } from ${compiled("../../node.js")};
import { fileLocks, systemMeans } from ${compiled("./file-locks.js")};
import { takeSocket } from ${compiled("./process-lock.js")};
const args = process.argv.slice(1);
const say = (text) => process.stdout.write(text + "\\n");
const told = () => new Promise((resolve) => process.stdin.once("data", () => { process.stdin.destroy(); resolve(); }));
`;

export interface Child {
  readonly process: ChildProcess;
  /** The next line that it prints. Rejects with its errors when it ends instead. */
  line(): Promise<string>;
  /** Ends its `told()`. */
  tell(): void;
  /** Its exit code and the rest of what it printed; a null code: killed. */
  end(): Promise<{ readonly code: number | null; readonly rest: readonly string[] }>;
}

/** Starts a module text in a process of its own. */
export function startChild(text: string, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, ["--input-type=module", "-e", head + text, ...args]);
  const lines: string[] = [];
  let partial = "";
  let errors = "";
  let wake = (): void => {};
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (partial + chunk).split("\n");
    partial = parts.pop() ?? "";
    lines.push(...parts);
    wake();
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors += chunk;
  });
  child.stdin.on("error", () => {});
  let code: number | null | undefined;
  const closed = once(child, "close").then(([status]) => {
    code = status as number | null;
    wake();
  });
  return {
    process: child,
    async line() {
      for (;;) {
        const next = lines.shift();
        if (next !== undefined) return next;
        if (code !== undefined) throw new Error(`the child ended with ${String(code)}: ${errors}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    tell: () => void child.stdin.write("\n"),
    async end() {
      await closed;
      return { code: code ?? null, rest: [...lines, ...(errors === "" ? [] : [errors])] };
    },
  };
}

export interface RotatingProvider {
  readonly origin: string;
  /** The refresh tokens that were presented, in order. */
  readonly presented: readonly string[];
  /** True once a token came twice: every token is dead then. */
  readonly alarmed: boolean;
  close(): Promise<void>;
}

/** Each refresh answers `access-<n>` and `refresh-<n>`, from 2 on, after `delayMs`; the first refresh token is `refresh-1`. */
export async function rotatingProvider(delayMs: number): Promise<RotatingProvider> {
  const presented: string[] = [];
  let current = 1;
  let alarmed = false;
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.once("end", () => {
      const token = new URLSearchParams(body).get("refresh_token") ?? "";
      presented.push(token);
      alarmed ||= token !== `refresh-${current}`;
      if (!alarmed) current += 1;
      const answer = alarmed
        ? { error: "invalid_grant" }
        : {
            access_token: `access-${current}`,
            refresh_token: `refresh-${current}`,
            token_type: "Bearer",
            expires_in: 3600,
          };
      const status = alarmed ? 400 : 200;
      setTimeout(() => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(answer));
      }, delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    presented,
    get alarmed() {
      return alarmed;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
