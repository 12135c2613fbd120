import fc from "fast-check";
import { expect, test } from "vitest";
import { loose } from "./ports.test.fixture.ts";
import { urlModule } from "./url.ts";

const { form_decode, form_encode, url_decode, url_encode, url_parse, url_update } = urlModule();

test("parts of a URL", () => {
  expect(url_parse("HTTPS://u:p@Host.example:8443/a/../b?q=1#f")).toEqual({
    href: "https://u:p@host.example:8443/b?q=1#f",
    protocol: "https:",
    username: "u",
    password: "p",
    host: "host.example:8443",
    hostname: "host.example",
    port: "8443",
    pathname: "/b",
    search: "?q=1",
    hash: "#f",
    origin: "https://host.example:8443",
  });
  expect(url_parse("../c", "https://a.example/x/y/z").href).toBe("https://a.example/x/c");
});

test("an assigned part is normalised as by the URL class; an unusable one changes nothing", () => {
  expect(url_update("https://a.example/", "search", "a b").href).toBe("https://a.example/?a%20b");
  expect(url_update("https://a.example/", "port", "99999").href).toBe("https://a.example/");
  expect(url_update("https://a.example/", "href", "http://b.example").host).toBe("b.example");
});

test("percent-encoding leaves only unreserved characters and comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(url_encode(text)).toMatch(/^(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*$/);
      expect(url_decode(url_encode(text))).toBe(text);
    }),
  );
  expect(url_encode("a b!*'()\ud800")).toBe("a%20b%21%2A%27%28%29%EF%BF%BD");
  expect(url_decode("a+b%2B")).toBe("a+b+");
});

test("forms come back", () => {
  const value = fc.string({ unit: "grapheme" });
  fc.assert(
    fc.property(
      fc.dictionary(value, fc.oneof(value, fc.array(value, { minLength: 2, maxLength: 3 })), {
        noNullPrototype: false,
      }),
      (form) => {
        expect(form_decode(form_encode(form))).toEqual({ ...form, __proto__: null });
      },
    ),
  );
  expect(form_encode({ a: 1, b: true, c: ["x y", "z"] })).toBe("a=1&b=true&c=x+y&c=z");
  expect({ ...form_decode("?a=1&a=2&b") }).toEqual({ "?a": "1", a: "2", b: "" });
  expect(Object.keys(form_decode("__proto__=1"))).toEqual(["__proto__"]);
});

test.each([
  ["url_parse", ["/x"], "text must be an absolute URL"],
  ["url_parse", ["/x", "y"], "text must be a URL on an absolute base"],
  ["url_parse", [1], "text must be a string"],
  ["url_update", ["x", "port", "1"], "href must be an absolute URL"],
  ["url_update", ["https://a.example/", "origin", "1"], "part must be one of"],
  ["url_update", ["https://a.example/", "href", "/x"], "value must be an absolute URL"],
  ["url_update", ["https://a.example/", "port", 1], "value must be a string"],
  ["url_encode", [1], "text must be a string"],
  ["url_decode", ["%zz"], "text must be percent-encoded UTF-8"],
  ["url_decode", ["%ff"], "text must be percent-encoded UTF-8"],
  ["form_encode", ["a=1"], "values must be an object"],
  [
    "form_encode",
    [{ a: null }],
    "every value must be a string, a finite number, a boolean or a list of these",
  ],
  ["form_encode", [{ a: NaN }], "every value must be"],
  ["form_encode", [{ a: [["x"]] }], "every value must be"],
  ["form_decode", [null], "text must be a string"],
] as const)("%s refuses %j", (name, args, sentence) => {
  expect(() => loose(urlModule()[name])(...args)).toThrowError(`std/url: ${name}: ${sentence}`);
});
