/**
 * What egress takes for a URL, against the platform's parser, a second one (whatwg-url) and the plain grammar of RFC 3986.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import { URL as OtherURL } from "whatwg-url";
import { judgeDestination } from "../../runtime/host/destination.ts";
import { netPolicy } from "../../runtime/sandbox/net-grant.ts";
import { deepTimeout, holdsFor } from "./deep-property.test.support.ts";

const host = fc.oneof(
  fc.constantFrom(
    "api.example.com",
    "API.Example.COM",
    "api.example.com.",
    "localhost",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[::1%25eth0]",
    "xn--bcher-kva.example",
    "bücher.example",
    "ａpi.example.com",
    "api。example.com",
    "api.example.com%2eevil.example",
    "evil.example#@api.example.com",
    "a b.example",
    "-a.example",
    "a..b",
    "",
  ),
  fc.domain(),
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.string({ unit: "binary", maxLength: 12 }),
);

const piece = fc.oneof(
  fc.constantFrom(
    "",
    "/",
    "//",
    "\\",
    "/\\",
    "?",
    "#",
    "@",
    ":",
    "..",
    "/../",
    "%2f",
    "%00",
    "\t",
    "\n",
    "\r",
    " ",
  ),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.webPath(),
);

const text = fc.oneof(
  fc
    .record({
      scheme: fc.constantFrom(
        "https",
        "http",
        "HTTPS",
        "hTTp",
        "ftp",
        "file",
        "javascript",
        "data",
        "https:",
        "",
        " https",
        "ws",
      ),
      slashes: fc.constantFrom("//", "//", "//", "/", "", "///", "\\\\", "/\\", "\t//"),
      user: fc.constantFrom("", "", "", "user@", "user:pw@", "@", ":@", "api.example.com@", "%40@"),
      host,
      port: fc.constantFrom(
        "",
        "",
        ":443",
        ":80",
        ":8443",
        ":",
        ":0",
        ":99999",
        ":-1",
        ":08080",
        ":4 43",
        ":٤٤٣",
      ),
      rest: fc.array(piece, { maxLength: 4 }),
    })
    .map(({ scheme, slashes, user, host: name, port, rest }) =>
      `${scheme}:${slashes}${user}${name}${port}${rest.join("")}`.replace("::/", ":/"),
    ),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  fc.string({ unit: "binary", maxLength: 60 }),
);

/** Scheme and authority by RFC 3986 appendix B, without any repair. */
const generic = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)/;

test(
  "a URL that is taken means the same to every parser, and nothing that a rule refuses",
  async () => {
    await holdsFor(
      "url",
      text,
      (given) => {
        const judged = judgeDestination(given);
        if (!judged.ok) return false;
        const { url } = judged;
        const platform = new URL(given);
        const other = new OtherURL(given);
        platform.hash = "";
        other.hash = "";
        expect(url.href).toBe(platform.href);
        expect(url.href).toBe(other.href);
        expect([url.protocol, url.host]).toEqual([other.protocol, other.host]);
        expect(["https:", "http:"]).toContain(url.protocol);
        expect([url.username, url.password, url.hash]).toEqual(["", "", ""]);
        const [, scheme = "", authority = ""] = generic.exec(given) ?? [];
        expect(`${scheme.toLowerCase()}:`).toBe(url.protocol);
        expect(authority).toMatch(/^[\x21-\x7e]+$/);
        expect(authority).not.toMatch(/[@\\%]/);
        // A name stays the name that was written; only spellings of addresses change.
        const written = authority.replace(/:[0-9]*$/, "").toLowerCase();
        if (!/^(?:\[.*\]|[0-9.]+)$/.test(url.hostname)) expect(url.hostname).toBe(written);
        return true;
      },
      2_000,
    );
  },
  deepTimeout,
);

test(
  "a grant covers exactly the host and port that both parsers read",
  async () => {
    const policy = netPolicy(["api.example.com", "*.deep.example", "localhost:8080"]);
    const start = fc.constantFrom(
      "https://api.example.com/a",
      "https://a.b.deep.example/",
      "http://localhost:8080/",
      "https://api.example.com:443/",
      "https://evil.example/",
      "https://deep.example/",
      "http://localhost:8081/",
    );
    const bit: fc.Arbitrary<string> = fc.constantFrom(
      ...["api", "API", ".", "example", "evil", "deep", "@", ":", "443", "8080", "/", "\\", "?", "#", "%2e"],
      ...["localhost", "。", "\u00ad", "\t", "s", "x", "-", ""],
    );
    const edit = fc.tuple(fc.nat(30), fc.nat(3), bit);
    const near = fc
      .tuple(start, fc.array(edit, { maxLength: 3 }))
      .map(([url, edits]) =>
        edits.reduce<string>(
          (text, [at, gone, more]) => text.slice(0, at) + more + text.slice(at + gone),
          url,
        ),
      );
    await holdsFor(
      "grant",
      near,
      (given) => {
        const judged = judgeDestination(given);
        if (!judged.ok || !policy.allows(judged.url)) return false;
        const { protocol, hostname, port } = new OtherURL(given);
        const name = hostname.replace(/\.$/, "");
        const usual = port === "" && protocol === "https:";
        const fits =
          (name === "api.example.com" && usual) ||
          (name.endsWith(".deep.example") && usual) ||
          (name === "localhost" && port === "8080");
        expect([given, fits]).toEqual([given, true]);
        return true;
      },
      2_000,
    );
  },
  deepTimeout,
);
