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
  expect(nearest("lodash", names)).toBeUndefined();
  expect(nearest("", names)).toBeUndefined();
  expect(nearest("std/http".repeat(1000), names)).toBeUndefined();
  expect(nearest("std/http", [])).toBeUndefined();
});
