/**
 * Natural batching: while one statement is on its way, the next one gathers.
 *
 * @module
 */

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** Most items of one statement. */
const most = 200;

export class Batch<Item, Answer> {
  readonly #send: (items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly #isOfOne: (error: unknown) => boolean;
  readonly #waiting: Waiting<Item, Answer>[] = [];
  #sending = false;

  /**
   * `send` answers one answer per item, in their order; what it throws is thrown to each caller. When `isOfOne` says that one item
   * may be to blame, each is then sent by itself, so that the others do not fail with it.
   */
  constructor(
    send: (items: readonly Item[]) => Promise<readonly Answer[]>,
    isOfOne: (error: unknown) => boolean = () => false,
  ) {
    this.#send = send;
    this.#isOfOne = isOfOne;
  }

  /** Sends an item, with those that wait at the same time; in the order of the calls, unless one of them fails. */
  run(item: Item): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
    });
    if (!this.#sending) void this.#drain();
    return answer;
  }

  async #drain(): Promise<void> {
    this.#sending = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, most);
      try {
        await this.#sendOne(batch);
      } catch (error) {
        // The next batch does not wait for them: the one to blame may take its time again.
        if (batch.length > 1 && this.#isOfOne(error)) void this.#sendEach(batch);
        else for (const { reject } of batch) reject(error);
      }
    }
    this.#sending = false;
  }

  async #sendOne(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    const answers = await this.#send(batch.map(({ item }) => item));
    for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
  }

  /** Two at a time, so that there is a connection for others. */
  async #sendEach(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    const left = [...batch];
    const lane = async (): Promise<void> => {
      for (let one = left.shift(); one; one = left.shift()) {
        try {
          await this.#sendOne([one]);
        } catch (error) {
          one.reject(error);
        }
      }
    };
    await Promise.all([lane(), lane()]);
  }
}
