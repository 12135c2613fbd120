/**
 * The worker threads of one runtime: started when needed, kept warm, never shared by two runs at a time.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { RunError } from "../host/run-error.ts";
import type { WorkerSetup } from "./messages.ts";
import { type SandboxWorker, startWorker } from "./sandbox-worker.ts";

/** Threads that may be starting at the same time; more would only take each other's CPU. */
const maxStarting = Math.max(2, Math.floor(availableParallelism() / 2));
/** Idle threads kept for the next run. */
const keptIdle = 2;

export interface Pool {
  /**
   * A ready worker, for this caller alone; one that ran this tenant's last script if there is one.
   * @throws the signal's reason when it aborts first.
   */
  take(tenant: string, signal: AbortSignal): Promise<SandboxWorker>;
  /** Gives a worker back. A dead one is replaced at once, so that the next run need not wait for it. */
  giveBack(worker: SandboxWorker): void;
  /** Ends all threads. Runs that wait are refused. */
  close(): Promise<void>;
}

export function createPool(setup: WorkerSetup): Pool {
  const idle: SandboxWorker[] = [];
  const all = new Set<SandboxWorker>();
  const waiting: { resolve(worker: SandboxWorker): void; reject(error: unknown): void }[] = [];
  let starting = 0;
  let taken = 0;
  let closed = false;

  /** Starts threads while runs wait and there is room, then hands each to the first in line. */
  const grow = (): void => {
    while (!closed && starting < maxStarting && starting < waiting.length) void start();
  };
  /** A runtime that runs more than one script keeps a thread in reserve for the case that a script must be killed. */
  const keepReserve = (): void => {
    if (!closed && !setup.once && taken > 1 && idle.length + starting < keptIdle) void start();
  };
  const start = async (): Promise<void> => {
    const worker = startWorker(setup);
    all.add(worker);
    starting += 1;
    try {
      await worker.ready;
      offer(worker);
    } catch (error) {
      drop(worker);
      waiting.shift()?.reject(error);
    } finally {
      starting -= 1;
      grow();
    }
  };
  const offer = (worker: SandboxWorker): void => {
    const next = waiting.shift();
    if (next) next.resolve(worker);
    else if (idle.length < keptIdle && !closed) idle.push(worker);
    else drop(worker);
  };
  const takeIdle = (tenant: string): SandboxWorker | undefined => {
    const at = idle.findIndex((worker) => worker.tenant === tenant);
    return at < 0 ? idle.pop() : idle.splice(at, 1)[0];
  };
  const drop = (worker: SandboxWorker): void => {
    all.delete(worker);
    void worker.kill();
  };

  // The first thread is started with the runtime, so that it warms up while the caller reads its script.
  void start();

  return {
    async take(tenant, signal) {
      signal.throwIfAborted();
      if (closed) throw new RunError("HARN-RUN-009", "the runtime is closed");
      taken += 1;
      let worker = takeIdle(tenant);
      while (worker && !worker.alive) {
        drop(worker);
        worker = takeIdle(tenant);
      }
      worker ??= await new Promise<SandboxWorker>((resolve, reject) => {
        const leave = (): void => {
          const at = waiting.indexOf(place);
          if (at >= 0) waiting.splice(at, 1);
          reject(signal.reason);
        };
        const place = {
          resolve(given: SandboxWorker) {
            signal.removeEventListener("abort", leave);
            resolve(given);
          },
          reject,
        };
        waiting.push(place);
        signal.addEventListener("abort", leave);
        grow();
      });
      worker.reference(true);
      return worker;
    },
    giveBack(worker) {
      worker.reference(false);
      if (closed || setup.once || !worker.alive) {
        drop(worker);
        grow();
        keepReserve();
        return;
      }
      worker.ready.then(
        () => {
          offer(worker);
          keepReserve();
        },
        () => {
          drop(worker);
          grow();
          keepReserve();
        },
      );
    },
    async close() {
      closed = true;
      for (const place of waiting.splice(0))
        place.reject(new RunError("HARN-RUN-009", "the runtime is closed"));
      await Promise.all([...all].map((worker) => worker.kill()));
      all.clear();
      idle.length = 0;
    },
  };
}
