/**
 * The types of the globals that other JavaScript hosts have too. `globals.ts` must satisfy them, and `holdfast types`
 * writes them down for editors. Types only.
 *
 * @module
 */

/** A URL (URL standard, 6.1). */
export interface URL {
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
  readonly searchParams: URLSearchParams;
  toString(): string;
  toJSON(): string;
}

export interface URLConstructor {
  readonly prototype: URL;
  /** Throws a TypeError with the code ERR_INVALID_URL. */
  new (url: string | URL, base?: string | URL): URL;
  canParse(url: string | URL, base?: string | URL): boolean;
  /** Null for text that is no URL. */
  parse(url: string | URL, base?: string | URL): URL | null;
}

/** The pairs of a query, in their order (URL standard, 6.2). */
export interface URLSearchParams {
  readonly size: number;
  append(name: string, value: string): void;
  /** Removes every pair of this name, or only those with this value. */
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
  toString(): string;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}

export interface URLSearchParamsConstructor {
  readonly prototype: URLSearchParams;
  new (
    init?: string | Iterable<readonly [string, string]> | Readonly<Record<string, string>>,
  ): URLSearchParams;
}

/** Text to UTF-8 (Encoding standard, 7.4). */
export interface TextEncoder {
  readonly encoding: string;
  encode(input?: string): Uint8Array;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}

export interface TextEncoderConstructor {
  readonly prototype: TextEncoder;
  new (): TextEncoder;
}

/** UTF-8 to text, also in pieces (Encoding standard, 7.2). */
export interface TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: ArrayBuffer | ArrayBufferView, options?: { readonly stream?: boolean }): string;
}

export interface TextDecoderConstructor {
  readonly prototype: TextDecoder;
  /** Throws a RangeError for labels of other encodings than UTF-8. */
  new (label?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean }): TextDecoder;
}

/** What some of the globals throw (WebIDL, 2.8.1). */
export interface DOMException extends Error {
  readonly code: number;
}

export interface DOMExceptionConstructor {
  readonly prototype: DOMException;
  new (message?: string, name?: string): DOMException;
}

/** Writes to the run's log, redacted. Throws HARN-RUN-006 when the log is full. */
export interface Console {
  log(...args: unknown[]): void;
  info(...args: unknown[]): void;
  debug(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
  /** At the level `debug`, with the stack. */
  trace(...args: unknown[]): void;
}

/** Random values only, no `subtle`. */
export interface Crypto {
  /** Fills a typed array of integers, at most 65,536 bytes, and answers it. */
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  /** A random UUID (RFC 9562 version 4). */
  randomUUID(): string;
}

/** The globals, by name. */
export interface WebGlobals {
  readonly DOMException: DOMExceptionConstructor;
  readonly TextDecoder: TextDecoderConstructor;
  readonly TextEncoder: TextEncoderConstructor;
  readonly URL: URLConstructor;
  readonly URLSearchParams: URLSearchParamsConstructor;
  /** The Latin-1 text of base64. Throws a DOMException for other text. */
  readonly atob: (data: string) => string;
  /** Latin-1 text as base64. Throws a DOMException for other text. */
  readonly btoa: (data: string) => string;
  readonly clearInterval: (id?: number) => void;
  readonly clearTimeout: (id?: number) => void;
  readonly console: Console;
  readonly crypto: Crypto;
  /** Calls a function once the running code is done. */
  readonly queueMicrotask: (callback: () => void) => void;
  /** Calls a function every `delay` ms, at least 1, until cleared. */
  readonly setInterval: <A extends unknown[]>(
    callback: (...args: A) => void,
    delay?: number,
    ...args: A
  ) => number;
  /** Calls a function once, after `delay` ms. */
  readonly setTimeout: <A extends unknown[]>(
    callback: (...args: A) => void,
    delay?: number,
    ...args: A
  ) => number;
  /** A deep copy (HTML standard, 2.7.3). Throws a DOMException for functions, symbols and host objects. Nothing is transferred. */
  readonly structuredClone: <T>(value: T) => T;
}
