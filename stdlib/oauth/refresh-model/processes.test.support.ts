/**
 * Several processes in one: the real refresh.ts over real stores, each process with an identity of its own, so that flights,
 * pauses and kept answers are its own as well. Every call that leaves a process waits for the scheduler.
 *
 * @module
 */

import type fc from "fast-check";
import type { Ports } from "../../../runtime/ports.ts";
import type { ClientContext } from "../client-context.ts";
import { forgetAnswer, keptAnswer } from "../kept-answers.ts";
import { storeLogin } from "../login.ts";
import { forcedRefresh, refreshAfter401, validEntry } from "../refresh.ts";
import { revokeTokens } from "../revoke.ts";
import type { Entry, EntryStore } from "../storage/entry.ts";
import { KeyedMutex } from "../storage/keyed-mutex.ts";
import { memoryStore } from "../storage/memory.ts";
import { testPorts } from "../storage/ports.test.support.ts";
import { storageError } from "../storage/storage-fault.ts";
import { leaseMs, LockBetween } from "./lock-between.test.support.ts";
import {
  binding,
  key,
  loginEntry,
  type Process,
  providerRecord,
  type Shape,
} from "./process.test.support.ts";
import { type Grant, TokenServer } from "./token-server.test.support.ts";
import { type Fate, type Senders, Wire } from "./wire.test.support.ts";

export type Ask = "token" | "refresh" | "after_401";

let worlds = 0;

export class Processes {
  readonly shape: Shape;
  readonly server: TokenServer;
  readonly processes: readonly Process[];
  readonly violations: string[] = [];
  readonly #scheduler: fc.Scheduler;
  readonly #base: ReturnType<typeof memoryStore>;
  readonly #name: string = `schedule-${++worlds}`;
  readonly #wire: Wire;
  readonly #lock: LockBetween;
  readonly #durable = new Set<string>();
  readonly #stuck: ((error: Error) => void)[] = [];
  #now = 1_700_000_000_000;
  #failingWrites = 0;
  #isOver = false;

  /** `since`: how old the stored token is, in seconds of its 3,600. */
  constructor(scheduler: fc.Scheduler, shape: Shape, count: number, given: readonly Fate[], since: number) {
    this.shape = shape;
    this.#scheduler = scheduler;
    this.#lock = new LockBetween(shape.store);
    this.server = new TokenServer(shape.server);
    const senders: Senders = {
      shape,
      scheduler,
      server: this.server,
      now: () => this.#now,
      step: (process, name) => this.#step(process, name),
      wrong: (invariant, what) => this.#wrong(invariant, what),
    };
    this.#wire = new Wire(senders, given);
    this.server.onReuse = (token) => this.#judgeReuse(token);
    this.#base = memoryStore(this.#name);
    this.processes = Array.from({ length: count }, (_, number) => this.#process(number));
    const first = this.server.login();
    void this.#base.write(key, loginEntry(first, "first", this.#now - since * 1000));
    this.#durable.add(first.access);
  }

  // What the commands do.

  /** A caller in a process asks; nobody waits for it here. */
  ask(number: number, how: Ask): void {
    const process = this.processes[number];
    if (process === undefined || process.isDead) return;
    process.running += 1;
    void this.#call(process, how).finally(() => {
      process.running -= 1;
    });
  }

  /** The process is gone: nothing of it goes on, but a request that was sent. */
  crash(number: number): void {
    const process = this.processes[number];
    if (process === undefined || process.isDead) return;
    process.isDead = true;
    process.running = 0;
    this.#wire.crash(process);
    this.#lock.crash(process);
  }

  /**
   * Time passes: little while a lease, a request or a store is on its way, which is what the limits are for, and while a
   * process keeps an answer, which is what it must be asked again for.
   */
  async pass(seconds: number): Promise<void> {
    const stored = await this.stored();
    const anyBusy = this.processes.some(
      ({ isDead, isBusy, context }) => !isDead && (isBusy || keptAnswer(context.store, key, stored) !== null),
    );
    this.#now += Math.min(seconds, anyBusy || this.#wire.isBusy ? 1 : seconds) * 1000;
    this.#lock.expire(this.#now);
  }

  failWrites(count: number): void {
    this.#failingWrites += count;
  }

  /** A login by way of the client: its tokens are there before the lock is. */
  login(number: number): void {
    const process = this.processes[number];
    if (process === undefined || process.isDead) return;
    const { refresh, access } = this.server.login();
    const members = { access_token: access, token_type: "Bearer", expires_in: 3_600, refresh_token: refresh };
    void storeLogin(process.context, members, Math.floor(this.#now / 1000)).catch(() => {});
  }

  /** A login by a script's own `set`, which takes no lock. */
  async scriptLogin(): Promise<void> {
    const made = this.server.login();
    this.#durable.add(made.access);
    await this.#base.write(key, loginEntry(made, `login ${made.access}`, this.#now));
  }

  logout(number: number): void {
    const process = this.processes[number];
    if (process === undefined || process.isDead) return;
    void revokeTokens(process.context).catch(() => {});
  }

  async scriptLogout(): Promise<void> {
    const stored = await this.stored();
    if (stored?.token_set.refresh_token !== undefined) this.server.revoke(stored.token_set.refresh_token);
    await this.#base.remove(key);
  }

  // The end of a schedule.

  stored(): Promise<Entry | null> {
    return this.#base.read(key);
  }

  /** Lets everything end that can end. */
  async drain(): Promise<void> {
    do {
      await this.#scheduler.waitIdle();
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#scheduler.count() > 0);
  }

  /** No fault from here on: every caller ends, and the login is where it should be. */
  async settle(): Promise<void> {
    this.#wire.calm();
    this.#failingWrites = 0;
    await this.drain();
    const stored = await this.stored();
    for (const { number, context } of this.processes)
      if (keptAnswer(context.store, key, stored) !== null) this.ask(number, "token");
    await this.drain();
    await this.pass(leaseMs / 1000);
    await this.drain();
    for (const { number, isDead, running } of this.processes)
      if (!isDead && running > 0) this.#wrong("I5", `a caller of process ${number} waits for ever`);
    if (this.#lock.isHeld) this.#wrong("I7", "a lock that nobody holds");
    for (const process of this.processes) {
      await this.pass(7_200);
      this.ask(process.number, "token");
      await this.drain();
      await this.pass(leaseMs / 1000);
      await this.drain();
    }
    await this.#judgeRest();
  }

  /** What never went on ends now, so that no schedule leaves anything behind. */
  async bury(): Promise<void> {
    this.#isOver = true;
    for (const reject of this.#stuck) reject(new Error("the process is gone"));
    await new Promise((resolve) => setImmediate(resolve));
    for (const { context } of this.processes) forgetAnswer(context.store, key);
  }

  #wrong(invariant: string, what: string): void {
    if (!this.#isOver) this.violations.push(`${invariant}: ${what}`);
  }

  async #judgeRest(): Promise<void> {
    const stored = await this.stored();
    if (stored === null) return;
    const { refresh_token = "" } = stored.token_set;
    if (this.server.accepts(refresh_token, this.#now) || this.server.isLost(refresh_token)) return;
    const isKept = this.processes.some(
      ({ isDead, context }) => !isDead && keptAnswer(context.store, key, stored) !== null,
    );
    if (!isKept && !this.#isReplaced(refresh_token))
      this.#wrong("I2", "at rest, the stored refresh token is dead outside of the commit window");
  }

  /** True for the token of a login that the server ended: for a newer one, which could not be stored, or because it was revoked. */
  #isReplaced(token: string): boolean {
    return !this.server.isOfLogin(token);
  }

  #judgeReuse(token: string): void {
    if (!this.server.isLost(token)) this.#wrong("I2", `our own repeat of ${token} ended the login`);
    void this.stored().then((stored) => {
      const works = (stored?.token_set.expires_at_unix ?? 0) * 1000 > this.#now;
      const isStored = stored?.token_set.refresh_token === token;
      if (this.shape.store === "kernel" && isStored && works && !this.#wasRejected)
        this.#wrong("I2", "our own repeat ended a login whose access token worked");
    });
  }

  #wasRejected = false;

  async #call(process: Process, how: Ask): Promise<void> {
    const { context } = process;
    try {
      if (how === "after_401") this.#wasRejected = true;
      const bound =
        how === "token"
          ? await validEntry(context)
          : how === "refresh"
            ? await forcedRefresh(context)
            : await refreshAfter401(context, await validEntry(context));
      if (!this.#durable.has(bound.entry.token_set.access_token))
        this.#wrong("I6", "a token was shown that was never stored");
    } catch (error) {
      const { code = "", message = "" } = error as { code?: string; message?: string };
      if (!["HARN-OAU-002", "HARN-OAU-003", "HARN-OAU-006", "HARN-OAU-010"].includes(code))
        this.#wrong("I5", `a caller got ${code} ${message}`);
      if (code === "HARN-OAU-002" && message.includes("refused") && !process.reads.includes(false))
        this.#wrong("I4", "consent is asked for although the stored refresh token works");
    }
  }

  // The ports of a process.

  /** A step of a process: it goes on when the scheduler says so, unless the process is gone by then. */
  async #step(process: Process, name: string): Promise<void> {
    if (this.#isOver) throw new Error("the process is gone");
    if (!process.isDead) await this.#scheduler.schedule(Promise.resolve(), `${process.number} ${name}`);
    if (process.isDead || this.#isOver) await new Promise<never>((_, reject) => this.#stuck.push(reject));
  }

  #process(number: number): Process {
    const process: { -readonly [K in keyof Process]: Process[K] } = {
      number,
      context: undefined as unknown as ClientContext,
      isDead: false,
      running: 0,
      isBusy: false,
      reads: [],
    };
    const ports = this.#ports(process);
    process.context = {
      module: "client",
      ports,
      provider: providerRecord(this.shape.server),
      credentials: { client_id: "c", client_secret: null, method: "none" } as ClientContext["credentials"],
      secretOrigins: null,
      store: this.#store(process),
      storageKey: key,
      scopes: [],
      scopesGiven: false,
      redirectUri: null,
      audience: null,
      extraAuthParams: {},
      dpop: false,
      parUrl: null,
      resource: [],
      refreshLeeway: 0,
      timeoutMs: null,
      binding,
    };
    return process;
  }

  #ports(process: Process): Ports {
    const base = testPorts({ run: { id: `process-${process.number}`, trusted: true, reveal: true } });
    return {
      ...base,
      http: { send: (request) => this.#wire.send(process, request) },
      clock: {
        now: () => this.#now,
        monotonic: () => this.#now,
        sleep: async (ms) => {
          await this.#step(process, "sleeps");
          this.#now += ms;
        },
      },
      random: { bytes: (length) => new Uint8Array(length).fill(process.number + 1) },
      events: { ...base.events, emit: () => 1 },
      redactor: { ...base.redactor, redact: (text) => text, redactValue: (value) => value },
    };
  }

  #store(process: Process): EntryStore {
    const mutex = new KeyedMutex();
    return {
      identity: `${this.#name}#${process.number}`,
      keepsEntries: this.shape.store === "kernel",
      read: async (name) => {
        await this.#step(process, "reads");
        const entry = await this.#base.read(name);
        const token = entry?.token_set.refresh_token ?? "";
        process.reads.push(entry !== null && this.server.accepts(token, this.#now));
        return entry;
      },
      write: async (name, entry, expected) => {
        await this.#step(process, "writes");
        if (this.#failingWrites > 0) {
          this.#failingWrites -= 1;
          // Every other failure was one of the acknowledgement only.
          if (this.#failingWrites % 2 === 1) throw storageError("write_failed");
          await this.#put(name, entry, expected);
          throw storageError("not_durable");
        }
        return await this.#put(name, entry, expected);
      },
      remove: async (name) => {
        await this.#step(process, "removes");
        await this.#base.remove(name);
      },
      // As every store does: one at a time in a process, before it asks for the lock between them.
      withRefreshLock: (name, body) =>
        mutex.run(name, async () => {
          await this.#step(process, "asks for the lock");
          await this.#lock.take(process, () => this.#now);
          try {
            await this.#step(process, "has the lock");
            process.isBusy = false;
            return await body();
          } finally {
            process.isBusy = false;
            this.#lock.leave(process);
          }
        }),
    };
  }

  async #put(name: string, entry: Entry, expected: Parameters<EntryStore["write"]>[2]): Promise<boolean> {
    const before = await this.#base.read(name);
    const kept =
      this.shape.store === "kernel" ? entry : { ...entry, intent: null, generation: entry.generation };
    const asked =
      expected && this.shape.store === "lease"
        ? { ...expected, generation: before?.generation ?? "" }
        : expected;
    const wrote = await this.#base.write(name, kept, asked);
    if (!wrote) return false;
    const { access_token } = entry.token_set;
    this.#durable.add(access_token);
    const grant = this.server.grants.find((one) => one.access === access_token);
    if (grant !== undefined) {
      grant.state = "stored";
      if (before === null || (before.generation !== entry.generation && !this.#isSameToken(before, grant)))
        this.#wrong("I3", "a newer login or a logout was overwritten");
    }
    return true;
  }

  #isSameToken(before: Entry, grant: Grant): boolean {
    // A store without generations tells logins apart by their refresh tokens.
    return this.shape.store === "lease" && before.token_set.refresh_token === grant.from;
  }
}
