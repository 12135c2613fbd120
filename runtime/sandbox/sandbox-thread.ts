/**
 * Starts the threads that sandboxes live in. A thread gets the engine; what it works with comes later, in a message, so a
 * thread can be started before anything else is there.
 *
 * @module
 */

import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { engineCode } from "./engine-code.ts";
import { sharedBytes, type ThreadData } from "./messages.ts";

/** A thread that was started, and the main thread's ends of what it shares with it. */
export interface SandboxThread {
  readonly thread: Worker;
  readonly shared: SharedArrayBuffer;
  readonly plainPort: MessagePort;
}

let ahead: SandboxThread | null = null;

/** Starts a thread now; the next {@link takeThread} gets it. For a command that will run a script as soon as it has loaded itself. */
export function startThreadAhead(): void {
  ahead ??= startThread();
}

/** A thread for this caller alone. It does not keep the process alive. */
export function takeThread(): SandboxThread {
  const taken = ahead ?? startThread();
  ahead = null;
  return taken;
}

function startThread(): SandboxThread {
  const shared = new SharedArrayBuffer(sharedBytes);
  const { port1: plainPort, port2: theirPort } = new MessageChannel();
  const thread = new Worker(new URL("./worker.js", import.meta.url), {
    workerData: { code: engineCode(), shared, plainPort: theirPort } satisfies ThreadData,
    transferList: [theirPort],
    env: {},
    argv: [],
    // Nobody writes to it. Without one, the thread would make one and end it at its start.
    stdin: true,
    stdout: true,
    stderr: true,
    resourceLimits: { stackSizeMb: 16, maxOldGenerationSizeMb: 128 },
  });
  thread.unref();
  plainPort.unref();
  return { thread, shared, plainPort };
}
