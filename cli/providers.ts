/**
 * `holdfast providers`: what the catalogue says, for a person or as JSON.
 *
 * @module
 */

import { safeText } from "../runtime/sandbox/display-text.ts";
import { nearest } from "../runtime/nearest.ts";
import {
  catalogueNames,
  catalogueRecord,
  filledTemplate,
  templateNames,
} from "../stdlib/oauth/providers/catalogue.ts";
import type { ProviderRecord } from "../stdlib/oauth/providers/record.ts";
import { print, safeJson } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

const names: readonly string[] = [...catalogueNames, ...templateNames];

/** What a factory of `std/oauth/providers` takes for the marks in a template. */
const addresses: Readonly<Record<string, string>> = {
  github_enterprise: "github_enterprise(base_url); {api} is {base}/api/v3",
  okta: "okta(domain)",
  auth0: "auth0(domain)",
};

/** Prints every entry, the templates last: a line each, or a JSON list. */
export async function listProviders(json: boolean): Promise<void> {
  const rows = names.map((name) => {
    const { id, label, device_code_url, revocation, par_url, issuer, documentation_url } = recordOf(name);
    const features = [
      ...(device_code_url === null ? [] : ["device_flow"]),
      ...(revocation === null ? [] : ["revocation"]),
      ...(par_url === null ? [] : ["par"]),
      ...(issuer === null ? [] : ["issuer"]),
    ];
    return { id, label, template: isTemplate(name), features, documentation_url };
  });
  if (json) return await print(safeJson(rows, 2) ?? "");
  const wide = (member: "id" | "label"): number => Math.max(...rows.map((row) => row[member].length));
  const lines = rows.map((row) =>
    `${row.id.padEnd(wide("id"))}  ${row.label.padEnd(wide("label"))}  ${row.features.join(", ")}`.trimEnd(),
  );
  await print(lines.map((line) => safeText(line)).join("\n"));
}

/**
 * Prints one entry: for a person, or the whole record as JSON. Case and surrounding spaces of `id` do not count. Throws UsageError
 * naming the nearest entry when there is none.
 */
export async function showProvider(id: string, json: boolean): Promise<void> {
  const wanted = id.trim().toLowerCase();
  const name = names.find((known) => known === wanted);
  if (name === undefined) {
    const near = nearest(wanted, names);
    const shown = safeText(wanted.length > 64 ? `${wanted.slice(0, 64)}…` : wanted);
    const hint = near === null ? "`holdfast providers list` prints them" : `did you mean "${near}"?`;
    throw new UsageError(`there is no provider "${shown}"; ${hint}`);
  }
  const record = recordOf(name);
  await print(json ? (safeJson(record, 2) ?? "") : safeText(page(name, record), true));
}

function isTemplate(name: string): boolean {
  return templateNames.some((template) => template === name);
}

function recordOf(name: string): ProviderRecord {
  const template = templateNames.find((known) => known === name);
  const record = template === undefined ? catalogueRecord(name) : filledTemplate(template, {});
  return record as ProviderRecord;
}

function page(name: string, record: ProviderRecord): string {
  const { refresh_handling, revocation, auth_params, scope_separator } = record;
  const parameters = Object.entries(auth_params).map(([parameter, value]) => `${parameter}=${value}`);
  const rows: readonly (readonly [string, string | null])[] = [
    ["address", addresses[name] ?? null],
    ["authorization", record.auth_url],
    ["", parameters.length === 0 ? null : `with ${parameters.join(", ")}`],
    ["token", record.token_url],
    ["", `${record.token_body_format} body, ${record.token_auth_method ?? "client_secret_post or none"}`],
    ["device", record.device_code_url],
    ["pushed requests", record.par_url],
    ["revocation", record.revoke_url],
    [
      "",
      revocation === null
        ? null
        : revocation.kind === "rfc7009"
          ? "RFC 7009"
          : `${revocation.method}, ${revocation.auth}`,
    ],
    ["userinfo", record.userinfo_url],
    ["introspection", record.introspection_url],
    ["registration", record.registration_url],
    ["keys", record.jwks_url],
    ["issuer", record.issuer],
    ["scopes", record.default_scopes.join(scope_separator) || "none"],
    ["tokens may go to", record.resource_origins.join("\n")],
    ["refresh", refresh_handling.strategy],
    ["", refresh_handling.notes.join("\n") || null],
    ["documents", record.documentation_url],
    ["last compared", record.last_verified],
  ];
  const column = Math.max(...rows.map(([title]) => title.length)) + 2;
  const lines = rows.flatMap(([title, text]) =>
    text === null
      ? []
      : text.split("\n").map((line, index) => `${(index === 0 ? title : "").padEnd(column)}${line}`),
  );
  const quirks = record.documented_quirks.map((quirk) => `- ${quirk}`);
  return [
    `${record.label} (${record.id})`,
    "",
    ...lines,
    ...(quirks.length === 0 ? [] : ["", ...quirks]),
  ].join("\n");
}
