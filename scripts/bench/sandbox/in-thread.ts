/**
 * The sandbox without its thread, for figures of the engine alone: the runner and the bridge face each other directly.
 *
 * @module
 */

import { engineCode } from "../../../runtime/sandbox/engine-code.ts";
import type { FromWorker, ToWorker, WorkerSetup } from "../../../runtime/sandbox/messages.ts";
import { sharedBytes } from "../../../runtime/sandbox/messages.ts";
import { createRunner } from "../../../runtime/sandbox/runner.ts";
import type { Ending, RunHandlers, SandboxWorker } from "../../../runtime/sandbox/sandbox-worker.ts";

/** A worker that is no thread: it cannot be killed, so it is for scripts that end. */
export async function startInThread(setup: WorkerSetup): Promise<SandboxWorker> {
  const shared = new SharedArrayBuffer(sharedBytes);
  let handlers: RunHandlers | null = null;
  let finish: ((ending: Ending) => void) | null = null;
  let markReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });
  const say = (message: FromWorker): void => {
    switch (message.type) {
      case "ready":
        markReady();
        return;
      case "door":
        for (const text of message.texts) handlers?.onDoor(text);
        return;
      case "taken":
        handlers?.onTaken(message.length);
        return;
      case "over":
        for (const text of message.texts) handlers?.onDoor(text);
        finish?.(message);
        return;
      case "plain":
        throw new Error("a plain call is asked for, not told");
    }
  };
  const runner = createRunner({
    code: engineCode(),
    shared,
    say,
    ask: (text) => handlers?.onPlain(text) ?? "{}",
  });
  const post = (message: ToWorker): void => runner.take(message);
  post({ type: "setup", setup });
  await ready;
  return {
    ready,
    tenant: null,
    alive: true,
    run(message, given) {
      handlers = given;
      return new Promise((resolve) => {
        finish = resolve;
        post(message);
      });
    },
    deliver: (text, settled, invoked) => post({ type: "deliver", text, settled, invoked }),
    answered() {},
    stop: () => post({ type: "stop" }),
    cpu: () => 0,
    async kill() {},
    reference() {},
  };
}
