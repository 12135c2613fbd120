/**
 * One worker thread as the main thread sees it: it takes one run at a time, and can be killed.
 *
 * @module
 */

import { figure, type FromWorker, sharedNow, type ToWorker, type WorkerSetup, word } from "./messages.ts";
import { takeThread } from "./sandbox-thread.ts";

/** How a run ended, as far as the thread knows. */
export type Ending =
  | Extract<FromWorker, { type: "over" }>
  /** The thread is gone: it was killed, or it died. */
  | { readonly type: "gone" };

/** Who listens to a run. None may throw. */
export interface RunHandlers {
  /** Gets what the guest says. */
  onDoor(text: string): void;
  /** Answers a plain call. */
  onPlain(text: string): string;
  /** A large delivery of this many characters arrived. */
  onTaken(length: number): void;
}

export interface SandboxWorker {
  /** Resolves when a fresh engine stands ready. Rejects when the thread dies first. */
  readonly ready: Promise<void>;
  /** Whose script ran here last; null before the first. */
  readonly tenant: string | null;
  /** False once the thread is gone. */
  readonly alive: boolean;
  /** Starts a run. */
  run(message: Extract<ToWorker, { type: "run" }>, handlers: RunHandlers): Promise<Ending>;
  deliver(text: string, settled: number, invoked: number): void;
  /** A call of this many characters was answered: the run may hold as many again. */
  answered(length: number): void;
  /** Asks the run to stop: guest code that runs is interrupted. */
  stop(): void;
  /** CPU milliseconds of the run so far, the slice that runs now included. */
  cpu(): number;
  /** Ends the thread, in the middle of a native loop too. */
  kill(): Promise<void>;
  /** While referenced, the thread keeps the process alive. */
  reference(yes: boolean): void;
}

export function startWorker(setup: WorkerSetup): SandboxWorker {
  const { thread, shared, plainPort } = takeThread();
  const words = new Int32Array(shared);
  const figures = new Float64Array(shared);

  let handlers: RunHandlers | null = null;
  let finish: ((ending: Ending) => void) | null = null;
  let alive = true;
  let ended: Promise<unknown> | null = null;
  let tenant: string | null = null;
  let markReady: () => void = () => {};
  let markDead: (error: Error) => void = () => {};
  const awaitReady = (): Promise<void> => {
    const promise = new Promise<void>((resolve, reject) => {
      markReady = resolve;
      markDead = reject;
    });
    promise.catch(() => {}); // whoever waits for it hears of it
    return promise;
  };
  let ready = awaitReady();

  const end = (ending: Ending): void => {
    const done = finish;
    finish = null;
    handlers = null;
    done?.(ending);
  };

  thread.on("message", (message: FromWorker) => {
    switch (message.type) {
      case "ready":
        markReady();
        return;
      case "door":
        for (const text of message.texts) handlers?.onDoor(text);
        return;
      case "plain": {
        const began = sharedNow();
        const answer = handlers?.onPlain(message.text) ?? "{}";
        // The thread waits, so nobody else writes. A script must not compute for free where others wait for it.
        figures[figure.cpuUsed] = (figures[figure.cpuUsed] as number) + sharedNow() - began;
        plainPort.postMessage(answer);
        Atomics.store(words, word.answered, 1);
        Atomics.notify(words, word.answered);
        return;
      }
      case "taken":
        handlers?.onTaken(message.length);
        return;
      case "over":
        for (const text of message.texts) handlers?.onDoor(text);
        if (!message.ready) ready = awaitReady();
        end(message);
    }
  });
  const gone = (): void => {
    alive = false;
    plainPort.close();
    markDead(new Error("the sandbox thread ended"));
    end({ type: "gone" });
  };
  thread.on("error", gone);
  thread.on("exit", gone);

  const post = (message: ToWorker): void => thread.postMessage(message);
  post({ type: "setup", setup });
  return {
    get ready() {
      return ready;
    },
    get tenant() {
      return tenant;
    },
    get alive() {
      return alive;
    },
    run(message, given) {
      handlers = given;
      tenant = message.tenant;
      figures[figure.cpuUsed] = 0;
      figures[figure.answered] = 0;
      Atomics.store(words, word.stop, 0);
      return new Promise((resolve) => {
        finish = resolve;
        if (!alive) end({ type: "gone" });
        else post(message);
      });
    },
    deliver: (text, settled, invoked) => post({ type: "deliver", text, settled, invoked }),
    answered(length) {
      figures[figure.answered] = (figures[figure.answered] as number) + length;
    },
    stop() {
      Atomics.store(words, word.stop, 1);
      post({ type: "stop" });
    },
    cpu() {
      const used = figures[figure.cpuUsed] as number;
      const busy = Atomics.load(words, word.busy) === 1;
      return busy ? used + Math.max(0, sharedNow() - (figures[figure.sliceStart] as number)) : used;
    },
    async kill() {
      // Each call of it listens to the thread, and a watch may ask again and again.
      await (ended ??= thread.terminate());
    },
    reference(yes) {
      if (yes) thread.ref();
      else thread.unref();
    },
  };
}
