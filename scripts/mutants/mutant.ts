/**
 * What a deliberate fault is.
 *
 * @module
 */

/** A deliberate fault of the mutation check. */
export interface Mutant {
  /** What the fault does, in a few words. */
  readonly name: string;
  /** A compiled file below dist/. */
  readonly file: string;
  /** A text that occurs in it once. */
  readonly find: string;
  /** What stands there instead. */
  readonly replace: string;
  /** Parts of the names of the cases that must catch it, as in `attacks/token_content/d05`. Left out: any case that is no row of the attack table. */
  readonly rows?: readonly string[];
  /** True: part of the short form that the tests run. */
  readonly short?: true;
}
