import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Mode, modeNames, openMode } from "./modes.test.support.ts";
import { type Peers, pipeline, serve, startPeers } from "./peers.test.support.ts";

let peers: Peers;
beforeAll(async () => {
  peers = await startPeers();
});
afterAll(() => peers.close());

describe.each(modeNames)("%s", (name) => {
  let mode: Mode;
  beforeAll(async () => {
    mode = await openMode(name);
  });
  afterAll(() => mode.close());

  test("a wrong key opens nothing, and changes nothing", async () => {
    const args = peers.withStore();
    await mode.run(pipeline("await login(args, session(args));"), { args });
    const before = readFileSync(String(args["store"]));
    const result = await mode.run(
      pipeline(`
        const cli = session(args);
        const calls = [current_token, token, refresh, revoke];
        const answers = [];
        for (const call of calls) answers.push(await failure(call(cli)));
        answers.push(await failure(login(args, cli)));
        return answers;
      `),
      { args: { ...args, store_key: randomBytes(32).toString("base64url") } },
    );
    const refused = {
      code: "HARN-OAU-010",
      retryable: false,
      message: expect.stringContaining("key") as string,
    };
    expect(result).toMatchObject([refused, refused, refused, refused, refused]);
    expect(readFileSync(String(args["store"])).equals(before)).toBe(true);
    const body = `return (await request(session(args), "GET", \`\${args.api}/me\`)).status;`;
    expect(await mode.run(pipeline(body), { args })).toBe(200);
  });

  test("a damaged file is never an empty one", async () => {
    const args = peers.withStore();
    await mode.run(pipeline("await login(args, session(args));"), { args });
    const path = String(args["store"]);
    const good = readFileSync(path);
    for (const bad of [good.subarray(0, good.length - 20), Buffer.alloc(0), Buffer.from("hello")]) {
      writeFileSync(path, bad);
      const run = mode.run(pipeline("return await current_token(session(args));"), { args });
      await expect(run).rejects.toMatchObject({ code: "HARN-OAU-010", retryable: false });
      expect(readFileSync(path).equals(bad)).toBe(true);
    }
  });

  test("a place that cannot be written is found out before the refresh token is spent", async () => {
    const folder = join(peers.folder, `${name}-early`);
    const args = { ...peers.withStore(), store: join(folder, "tokens.bin") };
    await mode.run(pipeline("await login(args, session(args));"), { args });
    const before = peers.refreshes();
    // Works for every user, root included, whom no mode of a file stops.
    const spoiler = await serve((_request, response) => {
      renameSync(folder, `${folder}-aside`);
      writeFileSync(folder, "in the way");
      response.end();
    });
    const run = mode.run(
      pipeline(`
        const cli = session(args);
        await http_get(args.spoiler);
        return await refresh(cli);
      `),
      { args: { ...args, spoiler: spoiler.origin } },
    );
    await expect(run).rejects.toMatchObject({ code: "HARN-OAU-010" });
    await spoiler.close();
    expect(peers.refreshes()).toBe(before);
    rmSync(folder);
    renameSync(`${folder}-aside`, folder);
    const body = "return (await refresh(session(args))).token_type;";
    expect(await mode.run(pipeline(body), { args })).toBe("Bearer");
    expect(peers.refreshes()).toBe(before + 1);
  });

  test("an answer that cannot be stored is kept, and stored before another is asked for", async () => {
    const folder = join(peers.folder, `${name}-late`);
    mkdirSync(folder);
    const fresh = `at-${randomBytes(16).toString("hex")}`;
    let posts = 0;
    const shown: (string | undefined)[] = [];
    const server = await serve((request, response) => {
      request.resume();
      request.once("end", () => {
        if (request.url !== "/token") {
          shown.push(request.headers.authorization);
          response.end("{}");
          return;
        }
        posts += 1;
        // The place goes away between the question and the answer.
        renameSync(folder, `${folder}-aside`);
        writeFileSync(folder, "in the way");
        response.writeHead(200, { "content-type": "application/json" });
        response.end(
          JSON.stringify({
            access_token: fresh,
            token_type: "Bearer",
            refresh_token: "next",
            expires_in: 60,
          }),
        );
      });
    });
    const args = {
      ...peers.withStore(),
      token_server: server.origin,
      api: server.origin,
      store: join(folder, "tokens.bin"),
    };
    const run = mode.run(
      pipeline(`
        const now = Math.floor(Date.now() / 1000);
        await store(args).set("acme", {
          access_token: "own-access-token", token_type: "Bearer", refresh_token: "own-refresh-token",
          issued_at_unix: now - 3000, expires_in: 3600, expires_at_unix: now + 600,
        });
        return await refresh(session(args));
      `),
      { args },
    );
    await expect(run).rejects.toMatchObject({ code: "HARN-OAU-010" });
    rmSync(folder);
    renameSync(`${folder}-aside`, folder);
    const body = `return (await request(session(args), "GET", \`\${args.api}/me\`)).status;`;
    expect(await mode.run(pipeline(body), { args })).toBe(200);
    expect(shown).toEqual([`Bearer ${fresh}`]);
    expect(posts).toBe(1);
    await server.close();
  });
});
