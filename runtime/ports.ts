/**
 * What a std module may ask of the world. Types only.
 *
 * One set of ports is made per run (so that each call knows its run, its grants and its signal) or, for plain
 * Node code, once per process. A module takes its ports as its only way out: it never reads a clock, an
 * environment variable, a file or a socket by itself.
 *
 * @module
 */

/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** All that a std module gets. */
export interface Ports {
  readonly http: Http;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly redactor: Redactor;
  readonly seal: Seal;
  readonly run: Run;
  readonly log: Log;
  /** Present only when the run was granted `testing`. */
  readonly testing: Testing | null;
  /**
   * The value of an environment variable, or null when it is not set. Marked secrets come sealed.
   * @throws HARN-RUN-010 when the run was not granted this name.
   */
  env(name: string): string | null;
  /**
   * Calls one operation of a capability that the embedder gave.
   * @throws HARN-RUN-010 when the run was not granted this capability, or it does not exist.
   */
  capability(name: string, operation: string, params: unknown): Promise<unknown>;
  /** What is known of a capability without calling it; null when the run was not granted it. */
  capabilityInfo(name: string): CapabilityInfo | null;
}

/** What stands behind a capability's name. */
export interface CapabilityInfo {
  /** The same wherever the same object answers in this process, and never that of another. */
  readonly id: string;
  /** Whether it has this operation. Nothing that the embedder did not give has one. */
  offers(operation: string): boolean;
}

/** Who asks: one run of a script, or the Node process itself. */
export interface Run {
  /** Unique; occurs in every event as `actor.run`. */
  readonly id: string;
  /** The script's file name, or `node` for plain Node code. */
  readonly script: string;
  /** Aborted when the run is cancelled or over. Work that must complete (a refresh) does not listen to it. */
  readonly signal: AbortSignal;
  /** True for plain Node code: no grants are checked and nothing is sealed. */
  readonly trusted: boolean;
  /** True when token values may cross to the caller as they are. */
  readonly reveal: boolean;
  /** True when the run's `net` grant covers this URL. Sends nothing. */
  allowsNet(url: string): boolean;
  /** True when an entry of the `net` grant that is no bare `*` covers this URL: only there may a script send credentials on its own word. */
  entrusts(url: string): boolean;
  /**
   * The absolute path for a storage path that the script named, relative to the pipeline's folder.
   * @throws HARN-RUN-010 when the `storage` grant does not cover it.
   */
  storagePath(path: string): string;
  /** Registers work that outlives the run; closing the runtime waits for it. */
  outlive(work: Promise<unknown>): void;
}

/** Wall time for what is stored, monotonic time inside the process. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Waits `ms` milliseconds; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Cryptographically secure random bytes. */
export interface Random {
  bytes(length: number): Uint8Array;
}

/** The one way for bytes to leave the process. */
export interface Http {
  /**
   * Sends one request and reads the whole answer. Redirects are returned, never followed.
   * @throws HttpFailure
   */
  send(request: HttpRequest): Promise<HttpResponse>;
}

export interface HttpRequest {
  readonly method: string;
  /** Absolute; https, or http to a loopback host. */
  readonly url: string;
  /** Field names in any case; a name may occur once. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | null;
  /**
   * `granted`: the run's `net` grant must cover the URL (the default). `catalogue`: the URL stands in an
   * unmodified catalogue record, which needs no grant; private addresses are refused all the same. `discovered`: as
   * `granted`, but only a server's metadata named the host, so that trusted code too must have named it for a private address.
   */
  readonly reach?: "granted" | "catalogue" | "discovered";
  /** Says that this request carries a credential, and the origins that the credential may go to. */
  readonly credential?: { readonly origins: readonly string[] };
  /** Whole time in ms, from start to the last byte (default 30,000). */
  readonly timeoutMs?: number;
  /** Cap of the decoded answer in bytes (default 10 MiB). */
  readonly maxBytes?: number;
  /** Ends the request; its outcome is then unknown if it was sent. */
  readonly signal?: AbortSignal;
  /** Ends the request as long as nothing of it was sent. */
  readonly untilSent?: AbortSignal;
  /** A socket that is new, or was used so less than two seconds ago: a stale kept-alive one cannot lose this request. */
  readonly freshSocket?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated fields joined with ", " (`set-cookie` with "\n"). Null prototype. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** The token that the host itself put on the request. Nothing of it may reach a script, should the server repeat it. */
  readonly carried?: Carried;
}

/** A secret that a request carried, and its name in placeholders. */
export interface Carried {
  readonly value: string;
  readonly name: string;
}

export type HttpFailureKind =
  /** The run's `net` grant does not cover the URL. Nothing was sent. */
  | "not_granted"
  /** The name has an address in a private, loopback or otherwise special range. Nothing was sent. */
  | "address_refused"
  /** Not https (nor loopback), userinfo in the URL, not a URL. Nothing was sent. */
  | "url_refused"
  /** The credential on the request is not bound to this origin. Nothing was sent. */
  | "credential_refused"
  /** A header or method that cannot be sent. Nothing was sent. */
  | "invalid_request"
  /** DNS, connect or TLS failed: the server has not seen the request. */
  | "connect"
  /** No complete answer in time. */
  | "timeout"
  /** The connection broke before the answer was complete. */
  | "cut"
  /** Head or body over its cap. */
  | "too_large"
  /** A content encoding that we do not take, or a malformed answer. */
  | "malformed"
  /** The signal aborted. */
  | "cancelled"
  /** A scripted failure or an unmocked call under `testing`. */
  | "unmocked";

/** What `Http.send` throws. Recognise it by `name`. */
export interface HttpFailure extends Error {
  readonly name: "HttpFailure";
  readonly kind: HttpFailureKind;
  /** HARN-RUN-010 not granted, 013 refused, 009 cancelled, 014 network. */
  readonly code: string;
  readonly retryable: boolean;
  /** False: the server cannot have seen the request. True: it may have acted on it. */
  readonly sent: boolean;
  readonly hint?: string;
}

/** An entry of the event log. Payloads hold no token value. */
export interface LogEvent {
  /** Grows by one per event of the log; starts at 1. */
  readonly id: number;
  readonly topic: string;
  readonly kind: string;
  readonly payload: Json;
  readonly headers: Readonly<Record<string, string>>;
  readonly actor: { readonly run: string; readonly script: string };
  readonly correlation_id: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

export interface Events {
  /** Redacts, appends, and forwards to every sink. Returns the event's id. */
  emit(topic: string, kind: string, payload: unknown, headers?: Readonly<Record<string, string>>): number;
  /** Id of the newest event of a topic that this run wrote, or null. */
  latest(topic: string): number | null;
  /** Events of a topic that this run wrote, from `fromCursor` (an id, inclusive; default 1) on. Ends at the present end unless `live`. */
  subscribe(options: { topic: string; fromCursor?: number; live?: boolean }): AsyncIterableIterator<LogEvent>;
}

/** A place where events go. */
export interface EventSink {
  /** Names the sink in errors. */
  readonly name: string;
  /** True when what is written outlives the process; such a sink needs a redactor. */
  readonly persists: boolean;
  write(event: LogEvent): void;
  /** Flushes and closes. */
  close(): Promise<void>;
}

/** An audit entry: a sink redacted something. Holds no text. */
export interface RedactionAudit {
  readonly code: "HARN-OAU-001";
  readonly pattern: string;
  readonly match_count: number;
  readonly bytes_redacted: number;
}

export interface Redactor {
  /** The text with every token replaced by `<redacted:NAME:LEN>` (LEN in UTF-8 bytes). */
  redact(text: string): string;
  /** A copy of a JSON-like value of the same shape, redacted by field name and by text. */
  redactValue(value: unknown): unknown;
  /**
   * The text with only known values replaced; shapes are left alone. Leaves no audit entry. `carried` is replaced first, by itself:
   * a script chooses some of the other values, and where one overlaps with a token, the result would tell how the token begins.
   */
  maskKnown(text: string, carried?: Carried): string;
  /**
   * Makes a live value known (raw and in common encodings) until the returned function is called. Values under 8 characters
   * are ignored. `own`: a script brought it raw, so only this redactor and its forks know it; it stays so when the same value
   * is registered here again.
   * @throws when this fork holds as much as one run may; the value is then unknown, and must go nowhere.
   */
  register(value: string, name: string, scope?: { readonly own: boolean }): () => void;
  /** A redactor with its own custom patterns and audit ring that shares the known values, except own ones: one per run. */
  fork(): Redactor;
  /** Tells `listener` of every redaction of this redactor and its forks, until the returned function is called. */
  onAudit(listener: (entries: readonly RedactionAudit[]) => void): () => void;
  /** True while it keeps values known that were registered on this very redactor. */
  readonly holdsValues: boolean;
  /** Forgets the values that were registered through this redactor. Values are counted: what another run registered stays known. */
  release(): void;
}

export type SecretKind =
  | "access_token"
  | "refresh_token"
  | "id_token"
  | "client_secret"
  | "device_code"
  | "code_verifier"
  | "dpop_key"
  | "env";

/** What a sealed token is and where it may go. Stands in clear inside the capsule, authenticated. */
export interface SealBinding {
  readonly kind: SecretKind;
  /** Provider id, or "" for environment secrets. */
  readonly provider: string;
  readonly issuer: string | null;
  /** Storage key, or the environment variable's name. */
  readonly key: string;
  /** Origins whose `Authorization` header egress may open it into. */
  readonly origins: readonly string[];
}

export interface Seal {
  /** A capsule `hfs1.…` of the value; the value itself for trusted code and under `reveal`. Registers the value with the redactor. */
  conceal(value: string, binding: SealBinding): string;
  /**
   * The value of a capsule, with its binding; a text that is no capsule comes back as `{value: text, binding: null}`.
   * @throws SealFailure when it is altered, from another key, or its binding differs from `expect` in a given member.
   */
  open(
    text: string,
    expect?: Partial<Pick<SealBinding, "kind" | "provider" | "issuer" | "key">>,
  ): { value: string; binding: SealBinding | null };
}

/** What `Seal.open` throws. Recognise it by `name`. */
export interface SealFailure extends Error {
  readonly name: "SealFailure";
  readonly reason: "malformed" | "altered" | "unknown_key" | "binding";
}

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface Log {
  /** Appends a redacted line to the run's log. */
  write(level: LogLevel, message: string, fields?: unknown): void;
}

/** The scripted world of a test run (`std/testing`). */
export interface Testing {
  /** Sets the wall clock (ms since the epoch); a sleep then advances it at once. */
  clockSet(ms: number): void;
  /** Moves the set clock on by `ms`. */
  clockAdvance(ms: number): void;
  clockReset(): void;
  /** Scripts an answer for a method and URL (`*` globs); the same pair again replaces it. A list is used up in order, the last repeats. */
  httpMock(method: string, url: string, reply: unknown): void;
  httpMockClear(): void;
  /** The calls seen; authorization, cookies and bodies are left out unless `includeSensitive`. */
  httpMockCalls(includeSensitive: boolean): readonly Json[];
  hostMock(capability: string, operation: string, reply: unknown): void;
  hostMockCalls(): readonly Json[];
}
