/**
 * What `fixtures/providers/<name>.json` says of a vendor: how its endpoints are called and what they answer.
 */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Members = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  /** Default `json`; `negotiated`: JSON only for a request that accepts it, else a form. */
  readonly format?: "json" | "form" | "negotiated";
  /** Texts `{access_token}`, `{refresh_token}`, `{id_token}` and `{scope}` are filled in; without a value the member is left out. */
  readonly members: Members | readonly unknown[] | null;
}

export type Authentication = "none" | "client_secret_post" | "client_secret_basic" | "bearer";

/** What is known of one vendor, independent of the catalogue. */
export interface VendorFacts {
  /** A catalogue name, or a template's. */
  readonly provider: string;
  /** What the factory takes. */
  readonly arguments: readonly unknown[];
  /** More options of the client; `client_secret: null` for a public one. */
  readonly client: Members;
  readonly authorization: {
    readonly url: string;
    /** Where the request is pushed to (RFC 9126). */
    readonly pushed?: string;
    /** What the request holds beside RFC 6749, PKCE, state and nonce; exactly this. */
    readonly parameters: Readonly<Record<string, string>>;
    /** What the vendor adds to the redirect. */
    readonly redirect?: Readonly<Record<string, string>>;
  };
  readonly token: {
    readonly url: string;
    readonly authentication: Authentication;
    readonly body: "form" | "json";
    readonly answer: Answer;
    /** For a code that is used or unknown. */
    readonly refused: Answer;
    /** When a login gets a refresh token. */
    readonly refresh_token: "always" | "first_consent" | "never";
  };
  /** What the client makes of a login's answer. */
  readonly granted: { readonly scopes: readonly string[] | null; readonly expires_in: number | null };
  readonly refresh: {
    readonly answer: Answer;
    readonly rotates: boolean;
    /** Whether the tokens before end at once. */
    readonly ends: { readonly access_token: boolean; readonly refresh_token: boolean };
    readonly refused: Answer;
  } | null;
  readonly api: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
    readonly answer: Answer;
  };
  readonly revocation: {
    readonly method: string;
    readonly url: string;
    readonly authentication: Authentication;
    readonly body: "form" | "json" | "none";
    /** The member or parameter that holds the token. */
    readonly member: string | null;
    readonly headers: Readonly<Record<string, string>>;
    /** In the order of the calls. */
    readonly calls: readonly { readonly token: "access_token" | "refresh_token"; readonly answer: Answer }[];
  } | null;
  readonly openid: { readonly issuer: string; readonly keys: string | null } | null;
}

const folder = fileURLToPath(new URL("../../../../fixtures/providers/", import.meta.url));

/** Every file of fixtures/providers by its name. */
export function vendorFacts(): ReadonlyMap<string, VendorFacts> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
  return new Map(
    files.map((file) => [
      file.replace(".json", ""),
      JSON.parse(readFileSync(`${folder}${file}`, "utf8")) as VendorFacts,
    ]),
  );
}

export const vendorClient: { readonly id: string; readonly secret: string } = {
  id: "client-1",
  // Characters that Basic authentication must encode first (RFC 6749 §2.3.1).
  secret: ["s", "cret", "+/:%"].join("-"),
};
