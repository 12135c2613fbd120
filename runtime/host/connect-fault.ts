/**
 * Why no connection was made.
 *
 * @module
 */

import type { HttpFailureReason } from "./http-failure.ts";

/** A connection that was not made. Holds a fixed reason, and nothing of what the other side or the system said. */
export class ConnectFault extends Error {
  readonly reason: HttpFailureReason | null;

  constructor(reason: HttpFailureReason | null) {
    super("no connection");
    this.reason = reason;
  }
}

/** What an error of a socket or of TLS means. */
export function connectFault(error: unknown): ConnectFault {
  if (error instanceof ConnectFault) return error;
  const { code = "", message = "" } = error as Partial<NodeJS.ErrnoException>;
  if (code === "ETIMEDOUT") return new ConnectFault("connect_slow");
  if (code === "ECONNREFUSED") return new ConnectFault("connection_refused");
  const tls = /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_|EPROTO)/.test(code);
  return new ConnectFault(tls || /certificate|TLS/i.test(message) ? "certificate" : null);
}
