/**
 * The threads that remove types. A source may keep its thread for seconds, so it must not keep the other tenants: a source that
 * waits behind slow ones gets a thread of its own, and a tenant has one thread at a time.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import type { StripAnswer, StripJob } from "./typescript-worker.ts";

/** What becomes of a source: a thread's answer, or why there is none. */
export type Outcome = StripAnswer | { readonly type: "late" | "cancelled" | "closed" };

export interface StripThreads {
  /** Removes the types of one source. Ends as soon as `signal` aborts, however long the source would have taken. */
  readonly strip: (source: string, tenant: string, signal: AbortSignal | undefined) => Promise<Outcome>;
  /** Ends the threads. Sources that are waiting are refused. */
  readonly close: () => Promise<void>;
}

/** Threads at the same time; as many tenants with slow sources do not delay another one. */
const mostThreads = 8;

/** Milliseconds after which a source counts as slow, the start of a thread included. */
const slowAfter = 250;

const threadLimits = { stackSizeMb: 4, maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 };

interface Job {
  readonly source: string;
  readonly tenant: string;
  readonly settle: (answer: Outcome) => void;
}

interface Thread {
  readonly worker: Worker;
  /** One source at a time: when the thread breaks, it is known whose fault it was. */
  job: Job | null;
  slow: boolean;
  timers: readonly NodeJS.Timeout[];
}

/** Makes the threads: the first starts with the first source, and none keeps the process alive. `deadline`: ms for one source. */
export function stripThreads(deadline: number): StripThreads {
  const threads = new Set<Thread>();
  const queue: Job[] = [];
  let closed = false;

  function next(): void {
    const busy = [...threads].flatMap(({ job }) => (job ? [job.tenant] : []));
    const job = queue.find(({ tenant }) => !busy.includes(tenant));
    if (job === undefined) return;
    const idle = [...threads].find((thread) => thread.job === null);
    const mayStart = threads.size < mostThreads && [...threads].every(({ slow }) => slow);
    const thread = idle ?? (mayStart ? start() : undefined);
    if (thread === undefined) return;
    queue.splice(queue.indexOf(job), 1);
    begin(thread, job);
    next();
  }

  function begin(thread: Thread, job: Job): void {
    thread.job = job;
    thread.worker.ref();
    const noteSlow = setTimeout(() => {
      thread.slow = true;
      next();
    }, slowAfter);
    thread.timers = [noteSlow.unref(), setTimeout(() => discard(thread, "late"), deadline)];
    thread.worker.postMessage({ source: job.source } satisfies StripJob);
  }

  function finish(thread: Thread, answer: Outcome): void {
    for (const timer of thread.timers) clearTimeout(timer);
    const { job } = thread;
    thread.job = null;
    thread.slow = false;
    job?.settle(answer);
  }

  function start(): Thread {
    const worker = new Worker(new URL("./typescript-worker.js", import.meta.url), {
      name: "typescript",
      resourceLimits: threadLimits,
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
    });
    const thread: Thread = { worker, job: null, slow: false, timers: [] };
    threads.add(thread);
    worker.on("message", (answer: StripAnswer) => {
      if (!threads.has(thread)) return;
      if (answer.type === "broken") return discard(thread, "broken");
      worker.unref();
      finish(thread, answer);
      next();
      // The company of a slow source is not kept.
      if (thread.job === null && threads.size > 1) discard(thread, "closed");
    });
    const gone = (): void => discard(thread, "broken");
    worker.on("error", gone);
    worker.on("exit", gone);
    return thread;
  }

  /** Ends a thread, and what it is at. */
  function discard(thread: Thread, type: "broken" | "late" | "cancelled" | "closed"): void {
    if (!threads.delete(thread)) return;
    void thread.worker.terminate();
    finish(thread, { type });
    next();
  }

  return {
    strip(source, tenant, signal) {
      if (closed) return Promise.resolve({ type: "closed" });
      if (signal?.aborted) return Promise.resolve({ type: "cancelled" });
      return new Promise((resolve) => {
        const job: Job = {
          source,
          tenant,
          settle(answer) {
            signal?.removeEventListener("abort", leave);
            resolve(answer);
          },
        };
        /** Nothing else stops the parser, so its thread goes with a source that it is at. */
        const leave = (): void => {
          const thread = [...threads].find((one) => one.job === job);
          if (thread) return discard(thread, "cancelled");
          queue.splice(queue.indexOf(job), 1);
          job.settle({ type: "cancelled" });
        };
        signal?.addEventListener("abort", leave);
        queue.push(job);
        next();
      });
    },
    async close() {
      closed = true;
      for (const job of queue.splice(0)) job.settle({ type: "closed" });
      const ended = [...threads].map(async (thread) => {
        const { worker } = thread;
        discard(thread, "closed");
        await worker.terminate();
      });
      await Promise.all(ended);
    },
  };
}
