/**
 * Requests out of the bytes of a connection (RFC 9112), as leniently as an attacker's server would read them.
 *
 * @module
 */

/** A request as it was sent. */
export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case; repeated fields are joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface RequestReader {
  push(bytes: Buffer): void;
  /** Takes the next whole request; null while there is none. @throws Error when the bytes are no HTTP/1 request. */
  next(): ReadRequest | null;
  /** Takes what arrived after the last whole request. */
  rest(): Buffer;
}

type Head = Omit<ReadRequest, "body">;

/** What is read next; `left` counts the bytes that are still to come. */
type State =
  | { readonly at: "head" }
  | { readonly at: "length" | "chunk"; readonly left: number }
  | { readonly at: "chunk_size" | "chunk_end" | "trailers" };

const longestHead = 1_048_576;

/** Makes the reader of one connection. */
export function requestReader(): RequestReader {
  let pending: Buffer = Buffer.alloc(0);
  let state: State = { at: "head" };
  let head: Head | null = null;
  let body: Buffer[] = [];

  /** The bytes up to a mark, which are taken together with it; null while it is not there. */
  function upTo(mark: RegExp): string | null {
    // One character a byte, so that places in the text are places in the bytes.
    const text = pending.toString("latin1", 0, longestHead);
    const found = mark.exec(text);
    if (found === null) {
      if (pending.length >= longestHead) throw new Error("a head or a line without an end");
      return null;
    }
    pending = pending.subarray(found.index + found[0].length);
    return text.slice(0, found.index);
  }

  function whole(): ReadRequest | null {
    if (head === null) return null;
    const request = { ...head, body: Buffer.concat(body) };
    head = null;
    body = [];
    state = { at: "head" };
    return request;
  }

  /** Moves on by one part; false when more bytes are needed, true after a part, or the request that is now whole. */
  function step(): boolean | ReadRequest {
    switch (state.at) {
      case "head": {
        // Empty lines before a request are skipped (RFC 9112 §2.2).
        while (pending[0] === 0x0d || pending[0] === 0x0a) pending = pending.subarray(1);
        const text = upTo(/\r?\n\r?\n/);
        if (text === null) return false;
        head = headOf(text);
        const length = Number(head.headers["content-length"] ?? 0);
        if (!Number.isSafeInteger(length) || length < 0) throw new Error("a content-length that is none");
        state = /\bchunked\b/i.test(head.headers["transfer-encoding"] ?? "")
          ? { at: "chunk_size" }
          : { at: "length", left: length };
        return true;
      }
      case "length":
      case "chunk": {
        const taken = pending.subarray(0, state.left);
        if (taken.length > 0) body.push(taken);
        pending = pending.subarray(taken.length);
        const left = state.left - taken.length;
        if (left > 0) {
          state = { at: state.at, left };
          return false;
        }
        if (state.at === "length") return whole() ?? true;
        state = { at: "chunk_end" };
        return true;
      }
      case "chunk_size": {
        const line = upTo(/\r?\n/);
        if (line === null) return false;
        const size = Number.parseInt(line, 16);
        if (!Number.isSafeInteger(size) || size < 0) throw new Error("a chunk without a size");
        state = size === 0 ? { at: "trailers" } : { at: "chunk", left: size };
        return true;
      }
      case "chunk_end": {
        if (upTo(/\r?\n/) === null) return false;
        state = { at: "chunk_size" };
        return true;
      }
      case "trailers": {
        const line = upTo(/\r?\n/);
        if (line === null) return false;
        return line === "" ? (whole() ?? true) : true;
      }
    }
  }

  return {
    push(bytes) {
      pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    },
    next() {
      for (;;) {
        const moved = step();
        if (moved === false) return null;
        if (moved !== true) return moved;
      }
    },
    rest() {
      const left = pending;
      pending = Buffer.alloc(0);
      return left;
    },
  };
}

function headOf(text: string): Head {
  const [line = "", ...fields] = text.split(/\r?\n/);
  const [method, target, version] = line.split(" ");
  if (!method || !target || !version?.startsWith("HTTP/1.")) throw new Error("no request line of HTTP/1");
  const headers = Object.create(null) as Record<string, string>;
  for (const field of fields) {
    const colon = field.indexOf(":");
    if (colon < 1) continue;
    const name = field.slice(0, colon).trim().toLowerCase();
    const value = field.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { method, target, headers };
}
