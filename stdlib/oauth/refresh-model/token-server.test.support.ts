/**
 * A token endpoint that knows every grant it made, and what became of each.
 *
 * @module
 */

import type { ServerKind } from "./world.test.support.ts";

/** `flying` until somebody has it; `lost` for ever when nobody can store it any more. */
export interface Grant {
  readonly from: string;
  readonly refresh: string;
  readonly access: string;
  state: "flying" | "held" | "stored" | "lost";
}

export type TokenAnswer =
  | { readonly kind: "granted"; readonly grant: Grant }
  | { readonly kind: "invalid_grant" };

/** How long the server honours the token that it rotated last, in ms. */
export const graceMs = 60_000;

export class TokenServer {
  readonly kind: ServerKind;
  readonly grants: Grant[] = [];
  /** Called when a token that is taken no more comes: it looks like theft, and ends the login. */
  onReuse: (token: string) => void = () => {};
  #live: readonly string[] = [];
  #family = new Set<string>();
  #previous = { token: "", until: 0 };
  #tokens = 0;

  constructor(kind: ServerKind) {
    this.kind = kind;
  }

  /** A new login, which ends the one before. */
  login(): { readonly refresh: string; readonly access: string } {
    const refresh = this.#next("refresh");
    this.#live = [refresh];
    this.#family = new Set([refresh]);
    this.#previous = { token: "", until: 0 };
    return { refresh, access: this.#next("access") };
  }

  accepts(token: string, now: number): boolean {
    if (this.#live.includes(token)) return true;
    return this.#live.length > 0 && token === this.#previous.token && now < this.#previous.until;
  }

  /** True while a refresh token of the present login works. */
  get isAlive(): boolean {
    return this.#live.length > 0;
  }

  present(token: string, now: number): TokenAnswer {
    if (!this.accepts(token, now)) {
      if (this.#family.has(token) && this.isAlive && this.kind !== "not_rotating") {
        this.onReuse(token);
        this.#live = [];
      }
      return { kind: "invalid_grant" };
    }
    const refresh = this.kind === "not_rotating" ? token : this.#next("refresh");
    const grant: Grant = { from: token, refresh, access: this.#next("access"), state: "flying" };
    this.grants.push(grant);
    if (this.kind === "not_rotating") return { kind: "granted", grant };
    this.#family.add(refresh);
    if (this.#live.includes(token)) {
      this.#live = [refresh];
      this.#previous = { token, until: this.kind === "grace" ? now + graceMs : 0 };
    } else {
      this.#live = [...this.#live, refresh];
    }
    return { kind: "granted", grant };
  }

  /** Revokes one refresh token, which is then unknown and no sign of theft; of a spent one nothing is left to revoke. */
  revoke(token: string): void {
    if (!this.#live.includes(token)) return;
    this.#live = this.#live.filter((one) => one !== token);
    this.#family.delete(token);
    if (!this.isAlive) this.#family.clear();
  }

  /** True for every token of the present login, spent or not. */
  isOfLogin(token: string): boolean {
    return this.#family.has(token);
  }

  /** True when all that was granted for this token is lost: nobody can present anything better. */
  isLost(token: string): boolean {
    const of = this.grants.filter(({ from }) => from === token);
    return of.length > 0 && of.every(({ state }) => state === "lost");
  }

  #next(name: string): string {
    this.#tokens += 1;
    return `${name}-token-${this.#tokens}`;
  }
}
