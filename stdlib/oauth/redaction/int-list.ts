/**
 * A list of small whole numbers that is filled again and again without garbage.
 *
 * @module
 */

const firstSize = 256;
/** A list that was longer once is given back. */
const keptSize = 1 << 18;

/** Numbers of 32 bits. */
export class IntList {
  values: Int32Array = new Int32Array(firstSize);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length] = value;
    this.length += 1;
  }

  clear(): void {
    this.length = 0;
    if (this.values.length > keptSize) this.values = new Int32Array(firstSize);
  }
}
