/**
 * The thread that guest code runs in. It may be terminated at any moment, so nothing that must complete happens here.
 *
 * @module
 */

import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { type FromWorker, type ThreadData, type ToWorker, word } from "./messages.ts";
import { createRunner } from "./runner.ts";

const { code, shared, plainPort } = workerData as ThreadData;
const words = new Int32Array(shared);
const main = parentPort;
if (!main) throw new Error("this file runs in a worker thread");
const say = (message: FromWorker): void => main.postMessage(message);

const runner = createRunner({
  code,
  shared,
  say,
  ask(text) {
    Atomics.store(words, word.answered, 0);
    say({ type: "plain", text });
    Atomics.wait(words, word.answered, 0);
    return (receiveMessageOnPort(plainPort) as { readonly message: string }).message;
  },
});
main.on("message", (message: ToWorker) => runner.take(message));
