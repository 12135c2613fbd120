/**
 * One request and its answer on a connection.
 *
 * @module
 */

import type { Dispatcher } from "undici";
import type { Admitted } from "./admission.ts";
import { classifyFault, collectFields, type Fault, type WireAnswer } from "./answer.ts";
import type { Carrier } from "./connections.ts";
import type { Cutoff } from "./cutoff.ts";
import type { EgressLimits } from "./egress-limits.ts";
import { HttpFailureError } from "./http-failure.ts";
import type { Share } from "./in-flight.ts";
import type { Line } from "./line.ts";
import { type Silence, watchSilence } from "./silence.ts";

/** Sends one request and reads its answer up to the caps. `sent` in a failure is true from the first byte written. */
export function exchange(
  carrier: Carrier,
  request: Admitted,
  limits: EgressLimits,
  cutoff: Cutoff,
  share: Share,
): Promise<WireAnswer> {
  const { url, method, fields, body, maxBytes } = request;
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let line: Line | null = null;
    let silence: Silence | null = null;
    let sent = false;
    let over = false;
    let status = 0;
    let headers: Record<string, string> = {};
    let fieldCount = 0;
    let size = 0;
    const chunks: Uint8Array[] = [];

    const finish = () => {
      over = true;
      silence?.end();
      if (line && silence) line.onBytes = null;
    };
    const fail = ({ kind, reason }: Fault) => {
      if (over) return;
      finish();
      const failure = new HttpFailureError(kind, { method, origin: url.origin, sent, reason });
      reject(failure);
      controller?.abort(failure);
    };
    cutoff.onCut((kind) => fail({ kind }));

    const handler: Dispatcher.DispatchHandler = {
      // Runs when a connection is there, right before the head is written to it.
      onRequestStart(started) {
        controller = started;
        if (over) {
          started.abort(new Error("ended before it was sent"));
          return;
        }
        sent = true;
        cutoff.sent();
        const watched = watchSilence(
          limits,
          () => line?.isWriting() ?? false,
          (reason) => fail({ kind: "timeout", reason }),
        );
        silence = watched;
        if (line) line.onBytes = watched.heard;
      },
      onResponseStart(current, code) {
        const list = fieldList(current.rawHeaders);
        // An informational answer counts as one more field, so that it cannot be repeated for ever.
        fieldCount += list.length / 2 + (code < 200 ? 1 : 0);
        if (fieldCount > limits.responseFields) {
          fail({ kind: "too_large", reason: "fields_too_many" });
          return;
        }
        if (code < 200) return;
        status = code;
        headers = collectFields(list);
        if (method !== "HEAD" && Number(headers["content-length"]) > maxBytes)
          fail({ kind: "too_large", reason: "body_too_large" });
      },
      onResponseData(_current, chunk) {
        size += chunk.length;
        if (size > maxBytes) fail({ kind: "too_large", reason: "body_too_large" });
        else if (!share.hold(chunk.length)) fail({ kind: "too_large", reason: "in_flight" });
        else chunks.push(chunk);
      },
      onResponseEnd() {
        if (over) return;
        finish();
        resolve({ status, headers, body: joined(chunks, size) });
      },
      onResponseError(_current, error) {
        fail(classifyFault(error, sent));
      },
    };
    const path = url.pathname + url.search;
    const options = { origin: url.origin, path, method, headers: [...fields].flat(), body };
    try {
      carrier(options, handler, (taken) => {
        line = taken;
      });
    } catch (error) {
      fail(classifyFault(error as Error, sent));
    }
  });
}

/** The parser gives names and values in turn. */
function fieldList(raw: Dispatcher.DispatchController["rawHeaders"]): readonly (Uint8Array | string)[] {
  return Array.isArray(raw) ? raw : [];
}

/** In memory of its own: a Buffer's may be a slice of what other requests use. */
function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
