/**
 * The worker processes: started, killed, stopped and told to end at random, and replaced by new ones.
 *
 * @module
 */

import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { AccountsPlan } from "./accounts.ts";
import type { WorkerReport, WorkerTask } from "./worker.ts";

export type Blow = "kill" | "terminate" | "freeze";

/** What is known of one process, also after its end. */
export interface WorkerRecord {
  readonly number: number;
  /** When SIGKILL was sent, in ms of `performance.now()`; null: it was not. */
  killedAt: number | null;
  /** When SIGTERM was sent. */
  toldAt: number | null;
}

interface Worker extends WorkerRecord {
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
  thaw: (() => void) | null;
}

export interface FleetOptions {
  readonly workers: number;
  readonly plan: AccountsPlan;
  /** Gives each process a seed of its own. */
  seedOf(worker: number): number;
  onReport(report: WorkerReport, worker: number): void;
}

/** How long a worker may take after SIGTERM, in ms: a refresh on its way has 30 s. */
const endMs = 45_000;
const workerFile = fileURLToPath(new URL("./worker.js", import.meta.url));

/** A fleet of a fixed size. */
export class Fleet {
  readonly blows: Record<Blow, number> = { kill: 0, terminate: 0, freeze: 0 };
  readonly #options: FleetOptions;
  readonly #records = new Map<number, WorkerRecord>();
  readonly #alive = new Map<number, Worker>();
  #last = 0;
  #closing = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    process.once("exit", this.#killAll);
    for (let started = 0; started < options.workers; started += 1) this.#start();
  }

  /** The record of a process that is or was. */
  record(worker: number): WorkerRecord | null {
    return this.#records.get(worker) ?? null;
  }

  /** The numbers of the processes that a blow may meet, oldest first. */
  targets(): readonly number[] {
    return [...this.#alive.values()]
      .filter(({ killedAt, toldAt, thaw }) => killedAt === null && toldAt === null && thaw === null)
      .map(({ number }) => number);
  }

  /** Deals a blow; nothing happens to a process that is ending. `freezeMs` is how long a frozen one stands still. */
  strike(number: number, blow: Blow, freezeMs: number): void {
    const worker = this.#alive.get(number);
    if (worker === undefined || this.#closing || !this.targets().includes(number)) return;
    this.blows[blow] += 1;
    switch (blow) {
      case "kill":
        worker.killedAt = performance.now();
        worker.process.kill("SIGKILL");
        return;
      case "terminate":
        this.#tell(worker);
        return;
      case "freeze": {
        worker.process.kill("SIGSTOP");
        const timer = setTimeout(() => worker.thaw?.(), freezeMs);
        worker.thaw = () => {
          clearTimeout(timer);
          worker.thaw = null;
          worker.process.kill("SIGCONT");
        };
      }
    }
  }

  /** Tells every process to end, and waits until all have. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const worker of this.#alive.values()) {
      worker.thaw?.();
      if (worker.toldAt === null) this.#tell(worker);
    }
    await Promise.all([...this.#alive.values()].map(({ ended }) => ended));
    process.off("exit", this.#killAll);
  }

  /** A frozen process would not notice that its parent is gone. */
  readonly #killAll = (): void => {
    for (const { process } of this.#alive.values()) process.kill("SIGKILL");
  };

  #tell(worker: Worker): void {
    worker.toldAt = performance.now();
    worker.process.kill("SIGTERM");
    void this.#endInTime(worker);
  }

  async #endInTime(worker: Worker): Promise<void> {
    const tooLong = new AbortController();
    const late = sleep(endMs, true, { signal: tooLong.signal }).catch(() => false);
    const isLate = await Promise.race([worker.ended.then(() => false), late]);
    tooLong.abort();
    if (!isLate) return;
    this.#complain(worker, `it was still there ${endMs / 1_000} s after SIGTERM`);
    worker.process.kill("SIGKILL");
  }

  #start(): void {
    const number = ++this.#last;
    const { plan, seedOf } = this.#options;
    const task: WorkerTask = { number, seed: seedOf(number), plan };
    const process = fork(workerFile, [JSON.stringify(task)], { serialization: "json" });
    const ended = new Promise<void>((resolve) => {
      process.once("exit", (code, signal) => {
        this.#over(worker, code, signal);
        resolve();
      });
    });
    const worker: Worker = { number, process, ended, killedAt: null, toldAt: null, thaw: null };
    this.#records.set(number, worker);
    this.#alive.set(number, worker);
    process.on("message", (message) => this.#options.onReport(message as WorkerReport, number));
  }

  #over(worker: Worker, code: number | null, signal: NodeJS.Signals | null): void {
    worker.thaw?.();
    this.#alive.delete(worker.number);
    const isKilled = worker.killedAt !== null && signal === "SIGKILL";
    // Told before it could listen, it ends by the signal itself.
    const isTold = worker.toldAt !== null && (code === 0 || signal === "SIGTERM");
    if (!isKilled && !isTold) this.#complain(worker, `it ended with ${code ?? signal}`);
    if (!this.#closing) this.#start();
  }

  #complain(worker: Worker, what: string): void {
    this.#options.onReport({ kind: "unexpected", what }, worker.number);
  }
}
