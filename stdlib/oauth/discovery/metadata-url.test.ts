import { expect, test } from "vitest";
import { metadataUrl, opensInside } from "./metadata-url.ts";

const named = new URL("https://id.example.com/t1");

test.each([
  ["https://id.example.com/token", named],
  ["https://other.example.net:8443/a()?b=c&d=%20", named],
  ["http://127.0.0.1:8080/token", new URL("http://127.0.0.1:9")],
  ["http://localhost:8080/token", new URL("http://127.0.0.1:9")],
])("takes %s from %s", (text, from) => {
  expect(metadataUrl(text, from)?.href).toBe(text);
});

test.each([
  "http://id.example.com/token",
  "http://127.0.0.1/token",
  'https://id.example.com/"x',
  "https://id.example.com/<x>",
  "https://id.example.com/`x`",
  "https://id.example.com/\u00f6",
  "https://id.example.com/#x",
  "https://u@id.example.com/",
  "https://id%2eexample.com/",
  "javascript:alert(1)",
  "",
  `https://id.example.com/${"a".repeat(2_048)}`,
])("refuses %s", (text) => {
  expect(metadataUrl(text, named)).toBeNull();
});

test.each([
  ["https://127.0.0.1/", named, true],
  ["https://8.8.8.8/", named, true],
  ["https://2130706433/", named, true],
  ["https://0x7f.1/", named, true],
  ["https://[::1]/", named, true],
  ["https://[::ffff:10.0.0.1]/", named, true],
  ["https://localhost/", named, true],
  ["https://app.localhost./", named, true],
  ["https://10.0.0.6/", new URL("https://10.0.0.5"), true],
  ["http://10.0.0.5/", new URL("http://127.0.0.1"), true],
  ["https://10.0.0.5/", new URL("https://10.0.0.5:9"), false],
  ["https://[fd00::5]/", new URL("https://[fd00::5]"), false],
  ["http://localhost:1/", new URL("http://127.0.0.1:9"), false],
  ["https://notlocalhost/", named, false],
  ["https://id.example.net/", named, false],
])("a page at %s from %s opens inside: %s", (page, from, inside) => {
  expect(opensInside(new URL(page), from)).toBe(inside);
});
