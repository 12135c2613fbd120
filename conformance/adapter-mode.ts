/**
 * Adapter mode: another implementation, in a process of its own, judged by the same cases.
 *
 * @module
 */

import { spawn } from "node:child_process";
import type { HttpRequest } from "../runtime/ports.ts";
import { interpret } from "./guest/interpret.ts";
import { type LinePeer, linePeer } from "./line-peer.ts";
import { inTime, type Mode, modulesNamed, type NetworkSource, neverRan } from "./mode.ts";
import type { LoggedLine, Trace } from "./trace.ts";
import { createWorld, scriptWorld, type World } from "./world.ts";

/** What `case.end` answers. */
interface Ended {
  readonly events: Trace["events"];
  readonly logs: readonly LoggedLine[];
}

/** Starts the command. Each case begins with the call `case.begin` and ends with `case.end`. */
export function adapterMode(command: string, network: NetworkSource): Mode {
  const child = spawn(command, { shell: true, stdio: ["pipe", "pipe", "inherit"] });
  let world: World = createWorld(scriptWorld);
  const peer: LinePeer = linePeer({
    input: child.stdout,
    output: child.stdin,
    answer: (call, args) => answerWorld(world, call, args),
    now: () => world.clock.now(),
  });
  // Writing to a process that is gone is reported by its calls.
  child.stdin.on("error", () => {});

  return {
    name: "adapter",
    async run(file, compiled) {
      world = createWorld(compiled.script, await network(compiled));
      const { given = {} } = file;
      const capabilities = Object.keys(given.capabilities ?? {});
      let inner = neverRan(new Error("the adapter did not begin"));
      let ended: Ended = { events: [], logs: [] };
      try {
        await inTime(peer.call("case.begin", { env: given.env ?? {}, capabilities }));
        const modules = Object.fromEntries(modulesNamed(compiled).map((name) => [name, callsOf(peer, name)]));
        const advance = (seconds: number): void => world.testing.clockAdvance(seconds * 1000);
        inner = await inTime(interpret({ modules, advance }, compiled.program));
        ended = (await inTime(peer.call("case.end"))) as Ended;
      } catch (error) {
        inner = neverRan(error);
      }
      peer.forget();
      await world.close();
      return {
        mode: "adapter",
        inner,
        crossed: "",
        sealed: false,
        events: ended.events,
        logs: ended.logs,
        requests: world.requests,
        capabilities: world.capabilities,
        captured: world.captured,
        signed: world.signed,
        elapsed: world.elapsed(),
        heard: world.heard(),
      };
    },
    runScript: null,
    async close() {
      child.stdin.end();
      await Promise.race([peer.gone, new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
      child.kill();
    },
  };
}

/** A module of the other side: every name is a function of it. */
function callsOf(peer: LinePeer, module: string): Readonly<Record<string, unknown>> {
  return new Proxy<Record<string, unknown>>(
    {},
    {
      get:
        (_, name) =>
        (...args: unknown[]) =>
          peer.call(`${module}.${String(name)}`, ...args),
    },
  );
}

/** The calls that an adapter may make: its only way to a network, a clock and a host. */
async function answerWorld(world: World, call: string, args: readonly unknown[]): Promise<unknown> {
  switch (call) {
    case "world.http": {
      // What else an adapter sends, such as what is left of a signal, means nothing here.
      const { method, url, headers = {}, body = null, reach, timeoutMs, maxBytes } = args[0] as HttpRequest;
      return await world.http.send({
        ...{ method, url, headers, body },
        ...(reach === undefined ? {} : { reach }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(maxBytes === undefined ? {} : { maxBytes }),
      });
    }
    case "world.sleep":
      return await world.clock.sleep(Number(args[0]));
    case "world.capability":
      return await world.capability(String(args[0]), String(args[1]), args[2]);
    default:
      throw new TypeError(`the suite answers no ${call}`);
  }
}
