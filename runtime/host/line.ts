/**
 * The connection of one HTTP client: made within its time limit, and watched for bytes.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { buildConnector } from "undici";
import { ConnectFault } from "./connect-fault.ts";
import type { Connect } from "./connector.ts";

/** There is at most one connection at a time; the client makes another when it is closed. */
export interface Line {
  /** For the HTTP client. */
  readonly connect: buildConnector.connector;
  /** Called whenever bytes of the other side arrived. */
  onBytes: (() => void) | null;
  /** True while the system has not yet taken all that was written. */
  isWriting(): boolean;
  /** True while there is a connection that neither side has ended. */
  isOpen(): boolean;
  /** Closes the connection, or gives up making it. */
  end(): void;
}

/** `open` holds the line while it is connected or connecting. */
export function createLine(make: Connect, limitMs: number, open: Set<Line>): Line {
  let socket: Socket | null = null;
  let making: AbortController | null = null;

  const line: Line = {
    onBytes: null,
    isWriting: () => (socket?.writableLength ?? 0) > 0,
    isOpen: () => socket !== null && socket.readable && socket.writable,
    end() {
      making?.abort(new ConnectFault(null));
      socket?.destroy();
    },
    connect(target, tell) {
      const attempt = new AbortController();
      const { signal } = attempt;
      making = attempt;
      open.add(line);
      let immediate: NodeJS.Immediate | undefined;
      // One more turn of the event loop, as in the cutoff: what has already arrived counts.
      const timer = setTimeout(() => {
        immediate = setImmediate(() => attempt.abort(new ConnectFault("connect_slow")));
      }, limitMs);
      const settle = () => {
        clearTimeout(timer);
        clearImmediate(immediate);
        signal.removeEventListener("abort", giveUp);
        making = null;
      };
      const giveUp = () => {
        settle();
        open.delete(line);
        tell(signal.reason as Error, null);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      make(target, signal).then(
        (made) => {
          if (signal.aborted) {
            made.destroy();
            return;
          }
          settle();
          socket = made;
          made.on("readable", () => line.onBytes?.());
          made.once("close", () => {
            if (socket !== made) return;
            socket = null;
            open.delete(line);
          });
          // Outside of the promise, so that what the client throws is not lost in it.
          queueMicrotask(() => tell(null, made));
        },
        (error: unknown) => {
          if (signal.aborted) return;
          settle();
          open.delete(line);
          queueMicrotask(() => tell(error as Error, null));
        },
      );
    },
  };
  return line;
}
