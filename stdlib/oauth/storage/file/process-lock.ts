/**
 * A lock between the processes of one Linux machine, without native code and without a file: who listens at an abstract local
 * socket holds it, and the kernel closes the socket when its process dies.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { storageError } from "../storage-fault.ts";
import { systemCode } from "./file-fault.ts";
import { lockHolder, waitEnded } from "./lock-holder.ts";

/** Waiting ends with the holder's socket; this is for the case that nothing comes. Milliseconds. */
const pollMs = 50;
/** A connection that ends sooner says nothing of a holder at work. Milliseconds. */
const shortestHoldMs = 10;

/**
 * The address of a lock. It fills the 108 bytes of a `sockaddr_un`: Node 20 fills shorter names up with zero bytes and later
 * releases do not, so that they would listen at different addresses.
 */
export function socketName(path: string, lock: string): string {
  const digest = createHash("sha512").update(`${path}\0${lock}`).digest("base64url");
  return `\0holdfast-token-lock/1${digest}`;
}

/**
 * Takes the lock of this name, after waiting until it is free, and answers what gives it back. While it is held it keeps no
 * process alive. `until`: when waiting ends, in milliseconds of `performance.now()`.
 * @throws HARN-OAU-010, retryable, naming the holder's process when the wait is over; also when no socket can be made.
 */
export async function takeSocket(name: string, until: number): Promise<() => void> {
  let line: Line | null = null;
  try {
    for (;;) {
      const release = await listen(name);
      if (release) return release;
      // Asked only now: a process that was stopped beyond its limit still gets a lock that is free.
      if (performance.now() >= until) throw waitEnded(await lockHolder(name));
      line ??= queue(name);
      if (await endsWithin(line, Math.min(pollMs, until - performance.now()))) {
        const lasted = performance.now() - line.since;
        line = null;
        // Someone who takes the name and hangs up at once must not keep us spinning.
        if (lasted < shortestHoldMs) await sleep(shortestHoldMs);
      }
    }
  } finally {
    line?.socket.destroy();
  }
}

/** Null: someone else listens there. */
function listen(name: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<Socket>();
    const server: Server = createServer((socket) => {
      waiting.add(socket);
      socket.unref();
      socket.on("error", () => {});
      socket.once("close", () => waiting.delete(socket));
      // Without reading, the end of a waiter would go unnoticed.
      socket.resume();
    });
    // Later ones are of single connections; the lock is held all the same.
    server.on("error", (error) => {
      const code = systemCode(error);
      if (code === "EADDRINUSE") resolve(null);
      else reject(storageError(code === "EMFILE" || code === "ENFILE" ? "too_many_open" : "lock_failed"));
    });
    // `exclusive`: workers of node:cluster would share one listening socket.
    server.listen({ path: name, exclusive: true }, () => {
      server.unref();
      resolve(() => {
        // First the name is free, then those who wait hear of it.
        server.close();
        for (const socket of waiting) socket.destroy();
      });
    });
  });
}

/** A connection to the holder, which ends when the lock is given back or the holder dies. */
interface Line {
  readonly socket: Socket;
  readonly since: number;
  readonly ended: Promise<void>;
}

function queue(name: string): Line {
  const socket = connect({ path: name });
  socket.on("error", () => {});
  socket.resume();
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return { socket, since: performance.now(), ended };
}

async function endsWithin({ ended }: Line, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([ended.then(() => true), over]);
  } finally {
    clearTimeout(timer);
  }
}
