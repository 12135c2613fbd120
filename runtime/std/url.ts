/**
 * `std/url`: URLs by the WHATWG URL standard, percent-encoding and form encoding.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { plain } from "../plugin.ts";
import { invalid, oneOf, record, text, type Place } from "./arguments.ts";

const parts = [
  "href",
  "protocol",
  "username",
  "password",
  "host",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
] as const;

/** A part of a URL that can be replaced. */
export type UrlPart = (typeof parts)[number];
/** The parts of a URL, as the members of the `URL` class. */
export type UrlRecord = Readonly<Record<UrlPart | "origin", string>>;
/** What a form holds: a value, or a list when a name occurs more than once. */
export type FormValue = string | number | boolean;

/** What a script imports from `std/url`. All throw HARN-RUN-015. */
export type UrlModule = {
  /** The parts of a URL, relative to `base` when given. */
  readonly url_parse: (text: string, base?: string) => UrlRecord;
  /** The parts of a URL after one of them was assigned, as with the `URL` class; an unusable value changes nothing. */
  readonly url_update: (href: string, part: UrlPart, value: string) => UrlRecord;
  /** Percent-encodes all but the unreserved characters of RFC 3986. */
  readonly url_encode: (text: string) => string;
  /** Decodes percent-encoded UTF-8; `+` stays a plus. */
  readonly url_decode: (text: string) => string;
  /** `application/x-www-form-urlencoded` text of an object; a list gives its name several times. */
  readonly form_encode: (values: Readonly<Record<string, FormValue | readonly FormValue[]>>) => string;
  /** The object of a form text; a name that occurs more than once gets a list. */
  readonly form_decode: (text: string) => Record<string, string | string[]>;
};

/** Makes `std/url`. */
export function urlModule(): UrlModule {
  return {
    url_parse: plain((source: unknown, base?: unknown) => {
      const place = "std/url: url_parse";
      const from = base === undefined || base === null ? undefined : text(place, "base", base);
      return recordOf(urlFrom(place, "text", text(place, "text", source), from));
    }),
    url_update: plain((href: unknown, part: unknown, value: unknown) => {
      const place = "std/url: url_update";
      const url = urlFrom(place, "href", text(place, "href", href));
      const name = oneOf(place, "part", part, parts);
      const replacement = text(place, "value", value);
      if (name === "href") return recordOf(urlFrom(place, "value", replacement));
      url[name] = replacement;
      return recordOf(url);
    }),
    url_encode: plain((source: unknown) => percentEncode(text("std/url: url_encode", "text", source))),
    url_decode: plain((source: unknown) => {
      try {
        return decodeURIComponent(text("std/url: url_decode", "text", source));
      } catch (error) {
        if (!(error instanceof URIError)) throw error;
        throw invalid("std/url: url_decode", "text must be percent-encoded UTF-8");
      }
    }),
    form_encode: plain((values: unknown) => {
      const place = "std/url: form_encode";
      const form = new URLSearchParams();
      for (const [name, value] of Object.entries(record(place, "values", values))) {
        for (const one of Array.isArray(value) ? value : [value]) form.append(name, formText(place, one));
      }
      return form.toString();
    }),
    form_decode: plain((source: unknown) => {
      const form: Record<string, string | string[]> = Object.create(null);
      // The class drops a leading question mark, which a form body may rightly start with.
      for (const [name, value] of new URLSearchParams(`&${text("std/url: form_decode", "text", source)}`)) {
        const before = form[name];
        if (before === undefined) form[name] = value;
        else if (Array.isArray(before)) before.push(value);
        else form[name] = [before, value];
      }
      return form;
    }),
  };
}

function urlFrom(place: Place, name: string, source: string, base?: string): URL {
  if (!URL.canParse(source, base)) {
    throw invalid(
      place,
      `${name} must be ${base === undefined ? "an absolute URL" : "a URL on an absolute base"}`,
    );
  }
  return new URL(source, base);
}

function recordOf(url: URL): UrlRecord {
  const { href, protocol, username, password, host, hostname, port, pathname, search, hash, origin } = url;
  return { href, protocol, username, password, host, hostname, port, pathname, search, hash, origin };
}

function percentEncode(source: string): string {
  const wellFormed = Buffer.from(source, "utf8").toString("utf8");
  return encodeURIComponent(wellFormed).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function formText(place: Place, value: unknown): string {
  if (typeof value === "string" || typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  throw invalid(place, "every value must be a string, a finite number, a boolean or a list of these");
}
