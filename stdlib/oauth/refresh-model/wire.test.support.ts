/**
 * The way between the processes and the token server: what becomes of each request, and what is on the wire at once.
 *
 * @module
 */

import type fc from "fast-check";
import type { HttpFailure, HttpRequest, HttpResponse } from "../../../runtime/ports.ts";
import type { Process, Shape } from "./process.test.support.ts";
import type { Grant, TokenServer } from "./token-server.test.support.ts";

/** What becomes of a refresh request. */
export const fates = [
  "ok",
  "never_arrives",
  "answer_lost",
  "arrives_late",
  "unavailable",
  "garbage",
  "not_sent",
] as const;
export type Fate = (typeof fates)[number];

/** Where the requests come from. */
export interface Senders {
  readonly shape: Shape;
  readonly scheduler: fc.Scheduler;
  readonly server: TokenServer;
  /** In ms. */
  now(): number;
  /** A step of a process: it goes on when the scheduler says so, unless the process is gone by then. */
  step(process: Process, name: string): Promise<void>;
  wrong(invariant: string, what: string): void;
}

interface Sent {
  readonly token: string;
  /** Null when nobody waits for the answer. */
  sender: Process | null;
}

export class Wire {
  readonly #from: Senders;
  readonly #fates: Fate[];
  readonly #sent = new Set<Sent>();
  readonly #holders = new Map<Grant, Process>();

  constructor(from: Senders, given: readonly Fate[]) {
    this.#from = from;
    this.#fates = [...given];
  }

  /** Whether a request has not reached the server yet. */
  get isBusy(): boolean {
    return this.#sent.size > 0;
  }

  /** Nothing happens to a request from here on. */
  calm(): void {
    this.#fates.length = 0;
  }

  /** What the process sent goes on, and nobody has what it got. */
  crash(process: Process): void {
    for (const request of this.#sent) if (request.sender === process) request.sender = null;
    for (const grant of this.#from.server.grants) {
      if (grant.state === "held" && this.#holders.get(grant) === process) grant.state = "lost";
    }
  }

  /** The http port of a process. */
  async send(process: Process, request: HttpRequest): Promise<HttpResponse> {
    const form = new URLSearchParams(String(request.body));
    if (request.url.endsWith("/revoke")) {
      await this.#from.step(process, "revokes");
      this.#from.server.revoke(form.get("token") ?? "");
      return answer(200, {});
    }
    const token = form.get("refresh_token") ?? "";
    const fate = this.#fates.shift() ?? "ok";
    process.isBusy = true;
    await this.#from.step(process, `sends ${token}`);
    if (fate === "not_sent") throw failure("connect", false);
    const sent: Sent = { token, sender: process };
    this.#sent.add(sent);
    this.#judgeWire();
    const acted = this.#act(sent, fate);
    if (fate === "arrives_late" || fate === "never_arrives") {
      await this.#from.step(process, "gives up");
      sent.sender = null;
      // Whatever the server did before, nobody hears of it now.
      void acted.then((result) => {
        if (result?.kind === "granted") result.grant.state = "lost";
      });
      throw failure("cut", true);
    }
    const result = await acted;
    if (fate === "answer_lost" || fate === "garbage") {
      if (result?.kind === "granted") result.grant.state = "lost";
      await this.#from.step(process, "gets no tokens");
      if (fate === "garbage") return answer(200, null);
      throw failure("cut", true);
    }
    await this.#from.step(process, "gets an answer");
    if (result === null) return answer(503, {});
    if (result.kind === "invalid_grant") {
      process.reads = [];
      return answer(400, { error: "invalid_grant" });
    }
    const { grant } = result;
    if (grant.state === "flying") grant.state = "held";
    this.#holders.set(grant, process);
    return answer(200, {
      access_token: grant.access,
      refresh_token: grant.refresh,
      token_type: "Bearer",
      expires_in: 3_600,
    });
  }

  /** The server's own step, whatever has become of the sender. */
  async #act(sent: Sent, fate: Fate): Promise<ReturnType<TokenServer["present"]> | null> {
    await this.#from.scheduler.schedule(Promise.resolve(), `server gets ${sent.token}`);
    this.#sent.delete(sent);
    if (fate === "unavailable" || fate === "never_arrives") return null;
    const result = this.#from.server.present(sent.token, this.#from.now());
    if (result.kind === "granted" && sent.sender === null) result.grant.state = "lost";
    if (result.kind === "granted" && sent.sender !== null) {
      this.#holders.set(result.grant, sent.sender);
      result.grant.state = "held";
    }
    return result;
  }

  #judgeWire(): void {
    const all = [...this.#sent];
    const live = all.filter(
      ({ token, sender }) => sender !== null && this.#from.server.isOfLogin(token),
    ).length;
    const current = all.filter(({ token }) => this.#from.server.accepts(token, this.#from.now())).length;
    // A sequential repeat within the grace is what the grace is for; a store without intents has only its lease.
    const most = this.#from.shape.server === "strict" && this.#from.shape.store === "kernel" ? current : live;
    if (most > 1) this.#from.wrong("I1", "two requests of one login at once");
  }
}

function answer(status: number, json: unknown): HttpResponse {
  return {
    status,
    headers: { "content-type": "application/json" },
    body: new TextEncoder().encode(JSON.stringify(json)),
  };
}

function failure(kind: HttpFailure["kind"], sent: boolean): HttpFailure {
  const more = { name: "HttpFailure" as const, kind, sent, code: "HARN-RUN-014", retryable: true };
  return Object.assign(new Error(kind), more);
}
