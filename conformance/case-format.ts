/**
 * A conformance case as it stands in its file. What each member means is said in `fixtures/case.schema.json`, which is
 * also what a file is checked against; these types only follow it.
 *
 * @module
 */

import type { Json } from "../runtime/ports.ts";

/** A value or a matcher, see `matchers.ts`. */
export type Expected = Json;

export interface CaseFile {
  readonly title: string;
  readonly why: string;
  readonly rfc?: readonly string[];
  readonly source?: string;
  readonly attack?: Attack;
  readonly only?: ModeName;
  readonly given?: Given;
  readonly http?: Readonly<Record<string, Reply | readonly Reply[]>>;
  readonly steps?: readonly Step[];
  readonly script?: string;
  readonly probe?: string;
  readonly expect?: Expectations;
}

/** What makes a case a row of the attack table. */
export interface Attack {
  readonly row: string;
  readonly does: string;
  readonly safe: string;
  readonly may?: Readonly<Record<string, readonly string[]>>;
}

export type ModeName = "guest" | "host" | "adapter";

export interface Given {
  readonly clock?: string;
  readonly provider?: string | ProviderGiven | MadeBy;
  readonly storage?: StorageName | MadeBy;
  readonly client?: Readonly<Record<string, Json>> | false;
  readonly stored?: Stored | readonly Stored[];
  readonly grants?: Readonly<Record<string, Json>>;
  readonly env?: Readonly<
    Record<string, string | { readonly secret: string; readonly origins: readonly string[] }>
  >;
  readonly capabilities?: Readonly<Record<string, Json>>;
  readonly patterns?: readonly { readonly name: string; readonly regex: string }[];
  readonly names?: Readonly<Record<string, readonly string[] | readonly (readonly string[])[]>>;
  readonly tls?: Readonly<Record<string, TlsFault>>;
  readonly limits?: Readonly<Record<string, number>>;
  readonly sandbox?: Readonly<Record<string, number>>;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What is wrong with a host's TLS; `plain`: it speaks none. */
export type TlsFault = "self_signed" | "expired" | "other_name" | "tls_1_1" | "plain";

export type StorageName = "memory" | "custom" | "custom_locked" | "file" | "cloud_session" | "cloud_org";

export interface ProviderGiven {
  readonly catalogue?: string;
  readonly with?: Readonly<Record<string, Json>>;
}

/** A value that a std function makes. */
export interface MadeBy {
  readonly call: string;
  readonly args?: readonly Json[];
}

export interface Stored {
  readonly key?: string;
  readonly tokens?: number;
  readonly issued?: number;
  readonly lifetime?: number | null;
  readonly set?: Readonly<Record<string, Json>>;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[] | Repeated>>;
  readonly tokens?: number;
  readonly json?: Json;
  readonly form?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly bytes?: string;
  readonly delay?: number;
  readonly fault?: Fault;
  readonly repeat?: number;
  readonly raw?: string;
  readonly coding?: "gzip" | "deflate" | "br";
  readonly said_coding?: string;
  readonly fields?: number;
  readonly drip?: { readonly bytes: number; readonly every: number; readonly from?: "head" | "body" };
  readonly trail?: string;
  readonly length?: number;
  readonly $capture?: string | Readonly<Record<string, string>>;
}

/** A long text. */
export interface Repeated {
  readonly $repeat: string;
  readonly times: number;
}

export type Fault =
  | "refuse"
  | "reset"
  | "stall"
  | "truncate"
  | "bad_encoding"
  | "oversize"
  | "stall_body"
  | "close";

export interface Step {
  readonly call?: string;
  readonly on?: string;
  readonly args?: readonly Json[];
  readonly as?: string;
  readonly expect?: Expected;
  readonly throws?: Expected;
  readonly advance?: number;
  readonly times?: number;
  readonly parallel?: readonly Step[];
}

export interface Expectations {
  readonly requests?: readonly ExpectedRequest[];
  readonly storage?: Readonly<Record<string, Expected>>;
  readonly events?: Readonly<Record<string, readonly Expected[]>>;
  readonly audit?: readonly Expected[];
  readonly logs?: Expected;
  readonly calls?: Readonly<Record<string, Expected>>;
  readonly capabilities?: Expected;
  readonly values?: Readonly<Record<string, Expected>>;
  readonly elapsed?: Expected;
  readonly answer?: Expected;
  readonly refused?: Expected;
  readonly reached?: readonly string[];
  readonly usage?: Expected;
}

export interface ExpectedRequest {
  readonly to: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, Expected>>;
  readonly query?: Readonly<Record<string, Expected>>;
  readonly form?: Readonly<Record<string, Expected>>;
  readonly json?: Expected;
  readonly body?: Expected;
  readonly times?: number;
}
