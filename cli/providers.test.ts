import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { catalogueNames, catalogueRecord, templateNames } from "../stdlib/oauth/providers/catalogue.ts";

const main = fileURLToPath(new URL("./main.js", import.meta.url));
const folder = fileURLToPath(new URL("../stdlib/oauth/providers/catalogue/", import.meta.url));

function providers(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "providers", ...words], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"] },
  });
  return { status, stdout, stderr };
}

describe("list", () => {
  test("has every entry and template, one a line, in the catalogue's order", () => {
    const { status, stdout, stderr } = providers("list");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.map((line) => line.split(" ", 1)[0])).toEqual([...catalogueNames, ...templateNames]);
    expect(lines[0]).toMatch(/^github +GitHub +device_flow, revocation$/);
    expect(lines).toHaveLength(readdirSync(folder).length - 1);
  });

  test("--json is a list", () => {
    const { status, stdout } = providers("list", "--json");
    expect(status).toBe(0);
    const rows = JSON.parse(stdout) as { id: string; template: boolean }[];
    expect(rows.filter(({ template }) => template).map(({ id }) => id)).toEqual([...templateNames]);
    expect(rows[0]).toEqual({
      id: "github",
      label: "GitHub",
      template: false,
      features: ["device_flow", "revocation"],
      documentation_url: catalogueRecord("github")?.documentation_url,
    });
  });
});

describe("show", () => {
  test("prints an entry for a person", () => {
    const { status, stdout, stderr } = providers("show", "notion");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatchSnapshot();
  });

  test.each([...catalogueNames, ...templateNames])("%s: --json is the whole record", (name) => {
    const { status, stdout } = providers("show", name, "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(`${folder}${name}.json`, "utf8")));
  });

  test("a template says what it needs", () => {
    const { stdout } = providers("show", "okta");
    expect(stdout).toContain("okta(domain)");
    expect(stdout).toContain("https://{domain}/oauth2/v1/token");
  });

  test("case and spaces do not count", () => {
    expect(providers("show", " GitHub ").stdout).toBe(providers("show", "github").stdout);
  });

  test.each([
    ["gihtub", 'there is no provider "gihtub"; did you mean "github"?'],
    ["auth00", 'there is no provider "auth00"; did you mean "auth0"?'],
    ["zzzzzzzzzz", 'there is no provider "zzzzzzzzzz"; `holdfast providers list` prints them'],
    ["__proto__", 'there is no provider "__proto__"; `holdfast providers list` prints them'],
    [
      "a\u001b[31m\u202eb",
      'there is no provider "a\\x1b[31m\\u202eb"; `holdfast providers list` prints them',
    ],
  ])("unknown %j ends with 2", (id, message) => {
    expect(providers("show", id)).toEqual({ status: 2, stdout: "", stderr: `holdfast: ${message}\n` });
  });

  test("a very long name is cut", () => {
    const { status, stderr } = providers("show", "x".repeat(10_000));
    expect(status).toBe(2);
    expect(stderr.length).toBeLessThan(200);
  });
});

test("a wrong or missing word is a usage error", () => {
  expect(providers("show").status).toBe(2);
  expect(providers("sow", "github").status).toBe(2);
  expect(providers("list", "--jsom").status).toBe(2);
  expect(providers().status).toBe(2);
  expect(providers("--help").status).toBe(0);
});
