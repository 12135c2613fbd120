/**
 * `npm run demo`: a real authorization server, a protected API, and the scripts of `examples/` run by the real command.
 *
 * `--slow` waits for Enter between the steps and lets a person log in with their own browser.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startAuthorizationServer } from "../peers/authorization-server.ts";
import { startProtectedApi } from "../peers/protected-api.ts";
import { userAgent } from "../peers/user-agent.ts";
import { type Command, type Ended, holdfast } from "./command.ts";
import { eventLines } from "./event-lines.ts";
import { startInbox } from "./inbox.ts";
import { narrator } from "./narrator.ts";
import { searchFolder } from "./proof.ts";

const slow = process.argv.includes("--slow");
const began = performance.now();
const folder = mkdtempSync(join(tmpdir(), "holdfast-demo-"));
const store = join(folder, "tokens.bin");
const events = join(folder, "events.jsonl");
const storeKey = randomBytes(32).toString("base64url");
/** Seconds that some tokens live here, so that their end can be seen. */
const shortLife = 2;
let shortIssuedAt = 0;

process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const server = await startAuthorizationServer({ accessTokenTtl: shortLife });
const api = await startProtectedApi(server, server.clients.apiClient);
const inbox = await startInbox();
const person = userAgent("ada");
const tell = narrator(slow);
const { publicClient, deviceClient, apiClient } = server.clients;

/** Starts `holdfast run examples/<script>` with the grants that the examples need. */
function start(script: string, args: Record<string, string> = {}): Command {
  const all = { issuer: server.issuer, client_id: publicClient.clientId, api: api.origin, store, ...args };
  const words = [
    ...["run", `examples/${script}`],
    ...["--allow-net=127.0.0.1", `--allow-storage=${store}`, "--allow-env=STORE_KEY", `--events=${events}`],
    ...(slow ? ["--limit=wall=10m"] : []),
    ...Object.entries(all).map(([name, value]) => `--arg=${name}=${value}`),
  ];
  tell.say(`$ holdfast run examples/${script}`);
  return holdfast(words, folder, { STORE_KEY: storeKey });
}

async function run(script: string, args: Record<string, string> = {}): Promise<Ended> {
  const ended = await start(script, args).ended;
  show(ended);
  return ended;
}

/** What a command wrote; a JSON result on one line. */
function show({ code, stdout, stderr }: Ended): void {
  if (stderr !== "") tell.say(stderr);
  if (stdout !== "") tell.say(code === 0 ? JSON.stringify(JSON.parse(stdout)) : stdout);
}

/** Waits until a token of the short life that was issued at `since` has expired. */
async function untilExpired(since: number): Promise<void> {
  await sleep(Math.max(0, since + shortLife * 1_000 - performance.now()));
}

const refreshes = (): number => server.tokenRequests("refresh_token").length;
const refreshTokens = (): string[] =>
  server.credentials.flatMap(({ kind, value }) => (kind === "refresh_token" ? [value] : []));
const lastAccessToken = (): string =>
  server.credentials.findLast(({ kind }) => kind === "access_token")?.value ?? "";

/** What the server says about a token, asked as the API does. */
async function isActive(token: string): Promise<boolean> {
  const secret = Buffer.from(`${apiClient.clientId}:${apiClient.clientSecret ?? ""}`).toString("base64");
  const answer = await fetch(server.introspectionEndpoint, {
    method: "POST",
    headers: { authorization: `Basic ${secret}` },
    body: new URLSearchParams({ token }),
  });
  return ((await answer.json()) as { active: boolean }).active;
}

async function codeLogin(): Promise<void> {
  await tell.step(
    "Authorization code with PKCE",
    `The script asks; a person agrees. The token lives ${shortLife} s.`,
  );
  const login = start("login.ts", { callback: inbox.callback, inbox: inbox.inbox });
  const [url] = await login.stderrMatch(/http:\/\/127\.0\.0\.1:\d+\/auth\?\S+/);
  if (slow) tell.say(`Open this page in your browser:\n${url}`);
  else await person.visit(await person.authorize(url));
  const ended = await login.ended;
  shortIssuedAt = performance.now();
  show(ended);
  const [exchange] = server.tokenRequests("authorization_code");
  tell.check(
    "the code was exchanged with its verifier (S256)",
    ended.code === 0 && exchange?.form?.["code_verifier"] !== undefined,
  );
  const file = readFileSync(store);
  tell.say(`${file.length} bytes in tokens.bin: ${file.subarray(0, 24).toString("hex")}…`);
  tell.check("the token file is encrypted, and only its owner may read it", isSealedFile(file));
}

function isSealedFile(file: Buffer): boolean {
  return (
    !file.includes("refresh_token") &&
    !file.includes(lastAccessToken()) &&
    (statSync(store).mode & 0o077) === 0
  );
}

async function expiry(): Promise<void> {
  await tell.step("A token that expires", "Two calls find the same old token at the same time.");
  server.setAccessTokenTtl(3_600);
  await untilExpired(shortIssuedAt);
  const { code } = await run("call-api.ts");
  tell.check("both calls got their answers", code === 0);
  tell.check("there was one refresh, not two", refreshes() === 1);
  tell.check("the refresh token was rotated", refreshTokens().length === 2);
}

async function status(): Promise<void> {
  await tell.step("What a script can see", "The script holds its token sealed; nothing is sent.");
  const before = server.requests.length + api.calls.length;
  const { code, stdout } = await run("status.ts");
  tell.check("the script saw a sealed token", code === 0 && stdout.includes(`"sealed": true`));
  tell.check("no request was made", server.requests.length + api.calls.length === before);
}

async function replay(): Promise<void> {
  await tell.step(
    "A 401 is replayed once",
    "The API refuses a good token. The client refreshes and asks again.",
  );
  server.setAccessTokenTtl(shortLife);
  const [calls, refreshed] = [api.calls.length, refreshes()];
  api.rejectNext();
  const { code } = await run("call-api.ts");
  shortIssuedAt = performance.now();
  const statuses = api.calls
    .slice(calls)
    .map((call) => call.status)
    .toSorted((one, other) => one - other);
  tell.check("the script got both answers", code === 0);
  tell.check(`the API answered ${statuses.join(", ")}`, statuses.join() === "200,200,401");
  tell.check("there was one refresh", refreshes() === refreshed + 1);
}

async function reuse(): Promise<void> {
  await tell.step(
    "A stolen refresh token",
    "Someone presents a spent refresh token; the server ends the whole grant.",
  );
  const answer = await fetch(server.tokenEndpoint, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: refreshTokens()[0] ?? "",
      client_id: publicClient.clientId,
    }),
  });
  tell.check(`the thief got ${answer.status}`, answer.status === 400);
  tell.check("the newest token died with it", !(await isActive(lastAccessToken())));
  await untilExpired(shortIssuedAt);
  const { code, stderr } = await run("call-api.ts");
  tell.check(
    "the script is told that a person must log in again (exit code 5)",
    code === 5 && stderr.includes("HARN-OAU-002"),
  );
}

async function deviceLogin(): Promise<void> {
  await tell.step("Device flow", "The prompt is on standard error; the person types the code elsewhere.");
  server.setAccessTokenTtl(3_600);
  const client_id = deviceClient.clientId;
  const login = start("device-login.ts", { client_id });
  const [userCode] = await login.stderrMatch(/\b[A-Z]{4}-[A-Z]{4}\b/);
  tell.say(`the prompt shows ${userCode}`);
  if (slow) tell.say(`Open this page in your browser:\n${server.verificationUri}?user_code=${userCode}`);
  else await person.approveDevice(server.verificationUri, userCode);
  const ended = await login.ended;
  show(ended);
  const call = await run("call-api.ts", { client_id });
  tell.check("the device is logged in, and its token works", ended.code === 0 && call.code === 0);
}

async function revocation(): Promise<void> {
  await tell.step("Revocation", "The tokens end at the server and in the file.");
  const client_id = deviceClient.clientId;
  const token = lastAccessToken();
  const { code, stdout } = await run("logout.ts", { client_id });
  tell.check("the provider revoked the grant", code === 0 && stdout.includes(`"remote": "revoked"`));
  tell.check("the API would refuse the token now", !(await isActive(token)));
  tell.check("the token file is gone", !existsSync(store));
  const after = await run("call-api.ts", { client_id });
  tell.check("the next run asks for a login (exit code 5)", after.code === 5);
}

async function audit(): Promise<void> {
  await tell.step("The audit events", "Who did what, with which outcome. Never a value.");
  const lines = eventLines(readFileSync(events, "utf8"));
  for (const line of lines) tell.say(line);
  tell.check(`${lines.length} events tell the whole story`, lines.length >= 6);
}

async function proof(): Promise<void> {
  await tell.step(
    "The proof",
    "Every value that the server issued or the API received, against every file of this demo.",
  );
  const values = [
    ...server.credentials,
    ...[...api.tokens].map((value) => ({ kind: "access_token", value })),
    { kind: "store key", value: storeKey },
  ];
  const kinds = [...new Set(values.map(({ kind }) => kind))].join(", ");
  const { files, bytes, needles, found } = searchFolder(folder, values);
  tell.say(`${values.length} values (${kinds})`);
  tell.say(`${needles} forms: raw, percent, hex, base64 and base64url at each alignment`);
  tell.say(
    `${files} files, ${bytes} bytes: the token file after each step, events, standard output and error of every run`,
  );
  for (const { file, kind, form } of found) tell.say(`LEAK: ${kind} as ${form} in ${file}`);
  tell.check("no token value occurs in any log, event or file", found.length === 0 && values.length >= 12);
  const control = join(folder, "control.txt");
  writeFileSync(control, Buffer.from(`x${values[1]?.value}`).toString("base64"));
  tell.check("the search does find a value that is planted", searchFolder(folder, values).found.length > 0);
}

try {
  tell.say(`authorization server ${server.issuer} (oidc-provider), protected API ${api.origin}`);
  for (const step of [codeLogin, expiry, status, replay, reuse, deviceLogin, revocation, audit, proof]) {
    await step();
    // Logging out removes the token file; the proof looks at what it was after each step.
    if (existsSync(store)) copyFileSync(store, join(folder, `tokens-after-${step.name}.bin`));
  }
} catch (error) {
  tell.check(error instanceof Error ? error.message : String(error), false);
} finally {
  tell.close();
  await inbox.close();
  await api.close();
  await server.close();
}
const seconds = ((performance.now() - began) / 1_000).toFixed(1);
const outcome =
  tell.failures.length === 0 ? "Everything held" : `${tell.failures.length} claims did not hold`;
process.stdout.write(`\n${outcome}; ${seconds} s.\n`);
process.exitCode = tell.failures.length === 0 ? 0 : 1;
