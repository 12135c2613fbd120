/**
 * Answers on their way to the guest: gathered for one turn of the event loop, so that a hundred of them cross as one
 * message, and counted until the guest took them, so that a script which does not listen cannot fill the host's memory.
 *
 * @module
 */

import { RunError } from "../host/run-error.ts";
import { largeDelivery } from "./messages.ts";

/** Characters of answers that may wait for the guest. */
const mostWaiting = 128 * 1024 * 1024;
/** Characters of one delivery, unless a single answer is longer. */
const longestDelivery = 4 * 1024 * 1024;

export interface Outbox {
  /** @throws RunError HARN-RUN-007 when more waits for the guest than may. */
  add(text: string, isInvocation: boolean): void;
  /** For short answers that must arrive. */
  addAlways(text: string): void;
  /** The guest took a delivery of {@link largeDelivery} characters or more. */
  taken(length: number): void;
  /** Drops what is left, and all that comes. */
  close(): void;
}

/** `deliver` gets a JSON list, and how many answers and invocations are in it. */
export function createOutbox(deliver: (text: string, settled: number, invoked: number) => void): Outbox {
  let items: { readonly text: string; readonly isInvocation: boolean }[] = [];
  let waiting = 0;
  let closed = false;

  const send = (texts: readonly string[], invoked: number): void => {
    const text = `[${texts.join(",")}]`;
    // The brackets and commas of a large delivery are taken with it.
    waiting += text.length;
    for (const one of texts) waiting -= one.length;
    if (text.length < largeDelivery) waiting -= text.length;
    deliver(text, texts.length - invoked, invoked);
  };

  const flush = (): void => {
    const gathered = items;
    items = [];
    if (closed) return;
    let texts: string[] = [];
    let length = 0;
    let invoked = 0;
    for (const { text, isInvocation } of gathered) {
      if (texts.length > 0 && length + text.length > longestDelivery) {
        send(texts, invoked);
        texts = [];
        length = 0;
        invoked = 0;
      }
      texts.push(text);
      length += text.length;
      if (isInvocation) invoked += 1;
    }
    send(texts, invoked);
  };

  const put = (text: string, isInvocation: boolean): void => {
    if (closed) return;
    waiting += text.length;
    items.push({ text, isInvocation });
    if (items.length === 1) setImmediate(flush);
  };

  return {
    add(text, isInvocation) {
      if (waiting + text.length > mostWaiting) {
        throw new RunError(
          "HARN-RUN-007",
          `answers of over ${mostWaiting / 1024 / 1024} MiB wait for the script`,
          {
            hint: "Await some calls before starting more, or ask for less.",
          },
        );
      }
      put(text, isInvocation);
    },
    addAlways: (text) => put(text, false),
    taken(length) {
      waiting -= length;
    },
    close() {
      closed = true;
      items = [];
    },
  };
}
