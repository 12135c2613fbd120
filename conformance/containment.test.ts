import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Mode, openMode } from "./modes.test.support.ts";
import { type Peers, pipeline, startPeers } from "./peers.test.support.ts";

let peers: Peers;
let mode: Mode;
let args: Record<string, string>;
beforeAll(async () => {
  peers = await startPeers();
  mode = await openMode("guest", { limits: { cpu: 300, wall: 5_000, callbackTimeout: 300 } });
  args = peers.withStore();
  await mode.run(pipeline("await login(args, session(args));"), { args });
});
afterAll(async () => {
  await mode.close();
  await peers.close();
});

/** The runtime serves the next script as if nothing had been. */
async function isUsable(): Promise<void> {
  const body = `return (await request(session(args), "GET", \`\${args.api}/me\`)).status;`;
  expect(await mode.run(pipeline(body), { args })).toBe(200);
}

describe("a script that", () => {
  const scripts: readonly (readonly [string, string, RegExp])[] = [
    ["loops", "for (;;);", /^HARN-RUN-002$/],
    ["loops between waits", "for (;;) await null;", /^HARN-RUN-002$/],
    ["loops in its storage", "await token(session(args, { storage: never(() => { for (;;); }) }));", /-002$/],
    ["loops in a regular expression", `/^(a+)+$/.test("a".repeat(60) + "b");`, /^HARN-RUN-002$/],
    ["recurses", "const deeper = (n: number): number => deeper(n + 1) + 1; deeper(0);", /^HARN-RUN-004$/],
    [
      "floods with promises",
      "const all = []; for (;;) all.push(new Promise(() => {}).then(() => 1));",
      /^HARN-RUN-00[12]$/,
    ],
    ["floods with memory", `const all = []; for (;;) all.push("x".repeat(1e6) + all.length);`, /-00[12]$/],
    ["waits for nothing", "await new Promise(() => {});", /^HARN-RUN-008$/],
    ["waits for ever", "await sleep(60_000);", /^HARN-RUN-003$/],
    [
      "asks itself in its storage, after a wait",
      "const cli: any = session(args, { storage: never(async () => { await sleep(1); await token(cli); }) }); await token(cli);",
      /^HARN-RUN-00[237]$/,
    ],
    [
      "never answers the host",
      "await token(session(args, { storage: never(() => new Promise(() => {})) }));",
      /-003$/,
    ],
  ];

  test.each(scripts)("%s is stopped", async (_what, body, code) => {
    const run = mode.run(
      pipeline(`
        const never = (get: () => unknown) => custom_storage({ get, set: get, delete: get });
        ${body}
      `),
      { args },
    );
    await expect(run).rejects.toMatchObject({ code: expect.stringMatching(code) as string });
    await isUsable();
  });

  describe("has time", () => {
    let roomy: Mode;
    beforeAll(async () => {
      roomy = await openMode("guest", { limits: { cpu: 20_000, callbackTimeout: 300 } });
    });
    afterAll(() => roomy.close());

    test("and floods with calls is stopped", async () => {
      const body = `
        const cli = session(args);
        await Promise.all(Array.from({ length: 5_000 }, () => token(cli)));
      `;
      await expect(roomy.run(pipeline(body), { args })).rejects.toMatchObject({ code: "HARN-RUN-007" });
      expect(await roomy.run("export default () => 1;")).toBe(1);
    });

    test("and leaves 1,000 functions that never answer ends without them", async () => {
      const result = await roomy.run(
        pipeline(`
          const acme = provider(args);
          const silent = () => new Promise(() => {});
          let asked = 0;
          for (let n = 0; n < 1_000; n += 1) {
            const get = () => { asked += 1; return silent(); };
            const storage = custom_storage({ get, set: silent, delete: silent });
            void token(client(acme, { client_id: "c", storage })).catch(() => {});
            // The host takes so many open calls at a time.
            if (n % 400 === 399) await sleep(400);
          }
          return asked;
        `),
        { args },
      );
      expect(result).toBeGreaterThanOrEqual(800);
      expect(await roomy.run("export default () => 1;")).toBe(1);
    });
  });

  test("throws anything in its storage gets only its own error back", async () => {
    const result = await mode.run(
      pipeline(`
        const cli = session(args, {
          storage: custom_storage({
            get: () => { throw Object.assign(new RangeError("mine"), { code: "HARN-OAU-001" }); },
            set: () => {}, delete: () => {},
          }),
        });
        const wrong = session(args, { storage: custom_storage({ get: () => 42, set: () => {}, delete: () => {} }) });
        return [await failure(token(cli)), await failure(token(wrong))];
      `),
      { args },
    );
    expect(result).toMatchObject([{ name: "RangeError", message: "mine" }, { code: "HARN-OAU-010" }]);
    expect((result as [{ code?: unknown }])[0].code).toBeUndefined();
    await isUsable();
  });
});
