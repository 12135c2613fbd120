import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const names = ["std/http", "std/env", "std/oauth/client", "std/oauth/device"];

test("finds the name that was meant", () => {
  expect(nearest("std/htpp", names)).toBe("std/http");
  expect(nearest("std/oauth/cleint", names)).toBe("std/oauth/client");
  expect(nearest("httpGet", ["http_post", "http_get"])).toBe("http_get");
  expect(nearest("std/evn", names)).toBe("std/env");
});

test("suggests nothing when nothing is near", () => {
  expect(nearest("lodash", names)).toBeNull();
  expect(nearest("", names)).toBeNull();
  expect(nearest("std/http".repeat(1000), names)).toBeNull();
  expect(nearest("std/http", [])).toBeNull();
});

test.each([
  ["scope", "scopes"],
  ["Client_ID", "client_id"],
  ["clinet_id", "client_id"],
  ["redirect", "redirect_uri"],
  ["totally_else", null],
  ["s".repeat(1000), null],
])("%s is %s", (name, expected) => {
  expect(nearest(name, ["client_id", "scopes", "redirect_uri", "storage"])).toBe(expected);
});
