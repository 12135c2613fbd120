/**
 * `URL` (URL standard, 6.1): parsed and changed on the host, which has the standard's algorithm.
 *
 * @module
 */

import { callPlain } from "./door.ts";
import { parseForm } from "./form-encoding.ts";
import { type Bag, put } from "./own-members.ts";
import { slice, tagSymbol, TypeErrorClass } from "./primordials.ts";
import { paramsOfUrl, replacePairs, type URLSearchParams } from "./url-search-params.ts";
import { needs, scalarText } from "./webidl.ts";

type UrlPart =
  | "href"
  | "protocol"
  | "username"
  | "password"
  | "host"
  | "hostname"
  | "port"
  | "pathname"
  | "search"
  | "hash";
type UrlRecord = Readonly<Record<UrlPart | "origin", string>>;

/** The host's answer; its refusal of the text is the standard's TypeError. */
function urlRecord(fn: "url_parse" | "url_update", args: readonly unknown[]): UrlRecord {
  try {
    return callPlain("std/url#" + fn, args) as UrlRecord;
  } catch (error) {
    if ((error as Bag)["code"] !== "HARN-RUN-015") throw error;
    const invalid = new TypeErrorClass("Invalid URL");
    put(invalid, "code", "ERR_INVALID_URL", true);
    throw invalid;
  }
}

function parseUrl(url: unknown, base: unknown): UrlRecord {
  const text = scalarText(url);
  return urlRecord("url_parse", base === undefined ? [text] : [text, scalarText(base)]);
}

/** The text of a URL; null for other objects. Set by the class, which alone sees its fields. */
export let hrefOf: (value: object) => string | null;

/** A URL. @throws TypeError with the code ERR_INVALID_URL for text that is none. */
export class URL {
  static {
    hrefOf = (value) => (#record in value ? value.#record.href : null);
  }
  static canParse(url: unknown, base?: unknown): boolean {
    needs(arguments.length, 1, "URL.canParse");
    return URL.#tryParse(url, base) !== null;
  }
  static parse(url: unknown, base?: unknown): URL | null {
    needs(arguments.length, 1, "URL.parse");
    const record = URL.#tryParse(url, base);
    return record === null ? null : new URL(record.href);
  }
  static #tryParse(url: unknown, base: unknown): UrlRecord | null {
    try {
      return parseUrl(url, base);
    } catch (error) {
      if ((error as Bag)["code"] === "ERR_INVALID_URL") return null;
      throw error;
    }
  }

  #record: UrlRecord;
  #params: URLSearchParams | null = null;

  constructor(url: unknown, base?: unknown) {
    needs(arguments.length, 1, "URL");
    this.#record = parseUrl(url, base);
  }

  #update(part: UrlPart, value: unknown): void {
    this.#record = urlRecord("url_update", [this.#record.href, part, scalarText(value)]);
    if (this.#params !== null && (part === "search" || part === "href")) {
      replacePairs(this.#params, parseForm(slice(this.#record.search, 1)));
    }
  }

  get href(): string {
    return this.#record.href;
  }
  set href(value: unknown) {
    this.#update("href", value);
  }
  get origin(): string {
    return this.#record.origin;
  }
  get protocol(): string {
    return this.#record.protocol;
  }
  set protocol(value: unknown) {
    this.#update("protocol", value);
  }
  get username(): string {
    return this.#record.username;
  }
  set username(value: unknown) {
    this.#update("username", value);
  }
  get password(): string {
    return this.#record.password;
  }
  set password(value: unknown) {
    this.#update("password", value);
  }
  get host(): string {
    return this.#record.host;
  }
  set host(value: unknown) {
    this.#update("host", value);
  }
  get hostname(): string {
    return this.#record.hostname;
  }
  set hostname(value: unknown) {
    this.#update("hostname", value);
  }
  get port(): string {
    return this.#record.port;
  }
  set port(value: unknown) {
    this.#update("port", value);
  }
  get pathname(): string {
    return this.#record.pathname;
  }
  set pathname(value: unknown) {
    this.#update("pathname", value);
  }
  get search(): string {
    return this.#record.search;
  }
  set search(value: unknown) {
    this.#update("search", value);
  }
  get hash(): string {
    return this.#record.hash;
  }
  set hash(value: unknown) {
    this.#update("hash", value);
  }
  get searchParams(): URLSearchParams {
    if (this.#params === null) {
      this.#params = paramsOfUrl((query) => {
        this.#record = urlRecord("url_update", [this.#record.href, "search", query]);
      });
      replacePairs(this.#params, parseForm(slice(this.#record.search, 1)));
    }
    return this.#params;
  }
  toString(): string {
    return this.#record.href;
  }
  toJSON(): string {
    return this.#record.href;
  }
}
put(URL.prototype, tagSymbol, "URL", false);
