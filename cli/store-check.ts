/**
 * One thing that `holdfast store doctor` looks at. A store is a list of these; another kind of store is another list.
 *
 * @module
 */

export interface Finding {
  /** `unknown`: it could not be looked at, for a reason that is no fault of the store. */
  readonly state: "ok" | "warn" | "wrong" | "unknown";
  /** What was found, one line, without any token or key. */
  readonly says: string;
  /** What to do, one sentence, where something is to be done. */
  readonly hint?: string;
}

export interface StoreCheck {
  /** One or two words, as in `key`. */
  readonly name: string;
  look(): Promise<Finding> | Finding;
}

export const ok = (says: string): Finding => ({ state: "ok", says });
export const warn = (says: string, hint: string): Finding => ({ state: "warn", says, hint });
export const wrong = (says: string, hint: string): Finding => ({ state: "wrong", says, hint });
export const unknown = (says: string): Finding => ({ state: "unknown", says });
