import { describe, expect, test } from "vitest";
import { closedOptions } from "./options.ts";

const allowed = ["client_id", "redirect_uri", "scopes"];

describe("closedOptions", () => {
  test("copies own values into an object without a prototype", () => {
    const copy = closedOptions("client", "client", { client_id: "a", scopes: undefined }, allowed);
    expect(Object.getPrototypeOf(copy)).toBeNull();
    expect(Object.keys(copy)).toEqual(["client_id"]);
  });

  test("takes nothing as no options", () => {
    expect(Object.keys(closedOptions("client", "client", undefined, allowed))).toEqual([]);
    expect(Object.keys(closedOptions("client", "client", null, allowed))).toEqual([]);
  });

  test.each([1, "x", [], () => 1, true])("refuses %s", (given) => {
    expect(() => closedOptions("client", "client", given, allowed)).toThrow(
      expect.objectContaining({
        code: "HARN-OAU-011",
        message: "std/oauth/client: client: options must be an object",
      }),
    );
  });

  test("names the option and the nearest one", () => {
    expect(() => closedOptions("client", "client", { redirct_uri: "x" }, allowed)).toThrow(
      expect.objectContaining({
        code: "HARN-OAU-011",
        message: 'std/oauth/client: client: unknown option "redirct_uri"; did you mean "redirect_uri"?',
        hint: "The options of client are: client_id, redirect_uri, scopes.",
      }),
    );
  });

  test("does not repeat what is no name", () => {
    for (const name of ["x".repeat(33), "hfs1.capsule", "a b", ""]) {
      expect(() => closedOptions("client", "client", { [name]: 1 }, allowed)).toThrow(
        expect.objectContaining({ message: "std/oauth/client: client: unknown option" }),
      );
    }
  });

  test("refuses __proto__ and accessors", () => {
    expect(() =>
      closedOptions("client", "client", JSON.parse('{"__proto__":{"scopes":[]}}'), allowed),
    ).toThrow("unknown option");
    const tricky = Object.defineProperty({}, "scopes", { get: () => 1, enumerable: true });
    expect(() => closedOptions("client", "client", tricky, allowed)).toThrow("not an accessor");
  });

  test("inherited values are not options", () => {
    expect(Object.keys(closedOptions("client", "client", Object.create({ scopes: 1 }), allowed))).toEqual([]);
  });
});
