import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { endpointUrl } from "../endpoint-url.ts";
import {
  catalogueNames,
  catalogueRecord,
  filledTemplate,
  isCatalogueOrigin,
  isCatalogueUrl,
} from "./catalogue.ts";
import { checkedRecord } from "./record-check.ts";

const folder = fileURLToPath(new URL("./catalogue/", import.meta.url));
const read = (file: string): Record<string, unknown> => JSON.parse(readFileSync(`${folder}${file}`, "utf8"));
const schema = read("catalogue.schema.json");
const files = readdirSync(folder).filter((file) => file !== "catalogue.schema.json");

type Schema = Readonly<Record<string, unknown>>;

/** The faults of a value under the keywords that our schema uses (JSON Schema 2020-12). */
function faults(rule: Schema, value: unknown, at: string): string[] {
  const found: string[] = [];
  const say = (what: string): void => void found.push(`${at}: ${what}`);
  const kind =
    value === null
      ? "null"
      : Array.isArray(value)
        ? "array"
        : Number.isInteger(value)
          ? "integer"
          : typeof value;
  for (const [keyword, wanted] of Object.entries(rule)) {
    switch (keyword) {
      case "type":
        if (![wanted].flat().includes(kind)) say(`is ${kind}`);
        break;
      case "const":
        if (value !== wanted) say("is not the constant");
        break;
      case "enum":
        if (!(wanted as unknown[]).includes(value)) say("is not in the enum");
        break;
      case "pattern":
        if (typeof value === "string" && !new RegExp(wanted as string, "u").test(value))
          say("does not match");
        break;
      case "minLength":
        if (typeof value === "string" && value.length < (wanted as number)) say("is too short");
        break;
      case "minimum":
        if (typeof value === "number" && value < (wanted as number)) say("is too small");
        break;
      case "minItems":
        if (Array.isArray(value) && value.length < (wanted as number)) say("has too few items");
        break;
      case "uniqueItems":
        if (Array.isArray(value) && new Set(value).size !== value.length) say("has equal items");
        break;
      case "items":
        if (Array.isArray(value)) {
          for (const [i, item] of value.entries())
            found.push(...faults(wanted as Schema, item, `${at}/${i}`));
        }
        break;
      case "required":
        if (kind === "object") {
          for (const name of wanted as string[])
            if (!Object.hasOwn(value as object, name)) say(`lacks ${name}`);
        }
        break;
      case "properties":
      case "additionalProperties":
        if (kind === "object") {
          const listed = (rule.properties ?? {}) as Record<string, Schema>;
          for (const [name, member] of Object.entries(value as object)) {
            if (keyword === "properties" && listed[name])
              found.push(...faults(listed[name], member, `${at}/${name}`));
            if (keyword === "properties" || listed[name]) continue;
            if (wanted === false) say(`has ${name}`);
            else found.push(...faults(wanted as Schema, member, `${at}/${name}`));
          }
        }
        break;
      case "oneOf":
        if ((wanted as Schema[]).filter((one) => faults(one, value, at).length === 0).length !== 1) {
          say("matches not exactly one form");
        }
        break;
      case "$ref": {
        const name = (wanted as string).replace("#/$defs/", "");
        found.push(...faults((schema.$defs as Record<string, Schema>)[name] ?? {}, value, at));
        break;
      }
      case "$schema":
      case "$id":
      case "$defs":
      case "title":
      case "description":
        break;
      default:
        say(`keyword ${keyword} is not known here`);
    }
  }
  return found;
}

describe("catalogue files", () => {
  test("there is one file per name and template", () => {
    expect(files.sort()).toEqual(
      [...catalogueNames, "github_enterprise", "okta", "auth0"].map((name) => `${name}.json`).sort(),
    );
  });

  test.each(files)("%s follows the schema", (file) => {
    expect(faults(schema, read(file), file)).toEqual([]);
    expect(read(file).id).toBe(file.replace(".json", ""));
  });

  test("the check finds what is wrong", () => {
    const github = read("github.json");
    const broken = (change: object): number => faults(schema, { ...github, ...change }, "x").length;
    expect(broken({})).toBe(0);
    expect(broken({ token_url: "http://github.com/token" })).toBe(1);
    expect(broken({ token_url: "https://user@github.com/token" })).toBe(1);
    expect(broken({ resource_origins: ["https://api.github.com/"] })).toBe(1);
    expect(broken({ revocation: { kind: "vendor" } })).toBe(1);
    expect(broken({ more: 1 })).toBe(1);
    expect(broken({ label: undefined })).toBeGreaterThan(0);
  });

  test.each(catalogueNames)("%s passes the run-time check unchanged", (name) => {
    expect(checkedRecord(read(`${name}.json`))).toEqual(read(`${name}.json`));
  });

  test.each(catalogueNames)("%s can be reached and revoked as it says", (name) => {
    const record = catalogueRecord(name);
    expect(record?.revocation === null).toBe(record?.revoke_url === null);
    const userinfo = record?.userinfo_url ?? record?.resource_origins[0] ?? "";
    expect(record?.resource_origins).toContain(new URL(userinfo).origin);
    for (const origin of record?.resource_origins ?? []) {
      expect(endpointUrl("providers", "origin", origin).origin).toBe(origin);
    }
  });
});

describe("catalogueRecord", () => {
  test("is frozen to the bottom and always the same", () => {
    const record = catalogueRecord("github");
    expect(catalogueRecord("github")).toBe(record);
    const frozen = (value: unknown): boolean =>
      typeof value !== "object" ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(record)).toBe(true);
  });

  test.each(["", "okta", "github_enterprise", "custom", "__proto__", "../catalogue.schema", "GitHub"])(
    "has no %s",
    (id) => expect(catalogueRecord(id)).toBeNull(),
  );
});

describe("what stands in the catalogue", () => {
  test.each([
    ["github", "https://github.com/login/oauth/access_token", true],
    ["github", "https://api.github.com/user", true],
    ["github", "https://api.github.com/applications/Iv1.abc/token", true],
    ["github", "https://api.github.com/applications/a%20b/token", true],
    ["github", "https://api.github.com/applications/a/b/token", false],
    ["github", "https://api.github.com/applications/../token", false],
    ["github", "https://api.github.com/applications/%2E./token", false],
    ["github", "https://api.github.com/applications/a?b/token", false],
    ["github", "https://api.github.com/applications//token", false],
    ["github", "https://api.github.com/applications/token", false],
    ["github", "https://github.com/login/oauth/access_token?x", false],
    ["github", "https://api.github.com/user/repos", false],
    ["slack", "https://github.com/login/oauth/access_token", false],
    ["nobody", "https://github.com/login/oauth/access_token", false],
  ])("%s %s: %s", (id, url, expected) => {
    expect(isCatalogueUrl(id, url)).toBe(expected);
  });

  test("origins are compared whole", () => {
    expect(isCatalogueOrigin("github", "https://api.github.com")).toBe(true);
    expect(isCatalogueOrigin("github", "https://api.github.com.evil.example")).toBe(false);
    expect(isCatalogueOrigin("github", "https://github.com")).toBe(false);
    expect(isCatalogueOrigin("okta", "https://okta.com")).toBe(false);
  });

  test("a template keeps {client_id}", () => {
    expect(filledTemplate("github_enterprise", { api: "https://a", base: "https://b" }).revoke_url).toBe(
      "https://a/applications/{client_id}/token",
    );
  });
});
