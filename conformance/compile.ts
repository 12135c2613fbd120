/**
 * Spells out a case: its shorthands become a program and a scripted world.
 *
 * @module
 */

import { generateKeyPairSync } from "node:crypto";
import type { Json } from "../runtime/ports.ts";
import type { CaseFile, Given, Reply, Step, Stored } from "./case-format.ts";
import { addressOf, endpointsOf, providerCall } from "./endpoints.ts";
import type { Program, ProgramCall, ProgramStep } from "./program.ts";
import { tokenResponse } from "./scripted-replies.ts";
import type { ScriptedPlace, WorldScript } from "./world-script.ts";

export interface Compiled {
  readonly program: Program;
  readonly script: WorldScript;
  readonly endpoints: Readonly<Record<string, string>>;
  /** Grants of the run, in guest mode. */
  readonly grants: Readonly<Record<string, Json>>;
  /** Limits of the run that differ from the suite's, in guest mode. */
  readonly sandbox: Readonly<Record<string, number>>;
  /** The pipeline of a script row, which is run in place of the program. */
  readonly source: string | null;
}

export interface CompileOptions {
  /** Replaces the default provider. */
  readonly provider?: Readonly<Record<string, Json>>;
  /** True: the mode brings the storage. */
  readonly ownStorage?: boolean;
  /** A path for a file storage. */
  readonly file?: string;
  /** The text of a script row's pipeline. */
  readonly source?: string;
}

const defaultStart = "2026-01-01T00:00:00Z";

/** Compiles a case. @throws TypeError when it names an endpoint that its provider does not have. */
export function compileCase(file: CaseFile, options: CompileOptions = {}): Compiled {
  const { given = {}, http = {}, expect } = file;
  const start = Date.parse(given.clock ?? defaultStart);
  const provider = providerCall(given, options.provider);
  const endpoints = endpointsOf(provider);
  const places = Object.entries(http).map(([key, replies]) => placeOf(key, replies, endpoints));
  const timed = (value: Json): Json => withTimes(value, start / 1000);
  return {
    endpoints,
    source: options.source ?? null,
    sandbox: given.sandbox ?? {},
    script: {
      start,
      places,
      capabilities: given.capabilities ?? {},
      sockets:
        file.attack === undefined
          ? null
          : {
              names: given.names ?? {},
              tls: given.tls ?? {},
              limits: given.limits ?? {},
              environment: given.environment ?? {},
            },
    },
    grants: {
      ...defaultGrants(given, JSON.stringify([file, endpoints])),
      testing: file.script === undefined,
      ...given.grants,
    },
    program: {
      values: {
        url: endpoints,
        file: options.file ?? "tokens.bin",
        file_key: "file-key-".repeat(4),
        ...(JSON.stringify(file).includes('"$client_key"') ? { client_key: clientKey() } : {}),
      },
      patterns: given.patterns ?? [],
      provider,
      storage: options.ownStorage === true ? null : storageCall(given),
      client: clientCall(given),
      stored: storedSets(given.stored, start / 1000),
      steps: (file.steps ?? []).map((step) => programStep(step, timed)),
      read: Object.keys(expect?.storage ?? {}),
      audit: expect?.audit !== undefined,
    },
  };
}

/** A private JWK for `private_key`: made for each case, so that none stands in a file. */
function clientKey(): Json {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ format: "jwk" }) as Readonly<Record<string, Json>>;
}

function placeOf(
  key: string,
  replies: Reply | readonly Reply[],
  endpoints: Readonly<Record<string, string>>,
): ScriptedPlace {
  const [, method = "*", place = key] = /^([A-Z]+) (.+)$/.exec(key) ?? [];
  const { url } = addressOf(place, endpoints);
  const list: readonly Reply[] = Array.isArray(replies) ? replies : [replies];
  // A name alone stands for the origin with everything below it, or for the endpoint whatever its query.
  const pattern = place === "api" ? `${url}/*` : url.includes("*") ? url : new URL(url).href;
  return { method, url: pattern, replies: list };
}

function defaultGrants(given: Given, text: string): Readonly<Record<string, Json>> {
  const named = Object.keys(given.capabilities ?? {}).map((name) => name.split(".", 1)[0] ?? name);
  return {
    net: ["*", ...domainsIn(text)],
    storage: ["*"],
    env: ["*"],
    capabilities: [...new Set(["oauth_storage", ...named])],
  };
}

/** The domains of the hosts in a case: `*` lets a script reach a host, but not say that tokens may go there. No host is named itself. */
function domainsIn(text: string): readonly string[] {
  const found = text.matchAll(/https:\/\/[a-z0-9-]+((?:\.[a-z0-9-]+)*\.[a-z]+(?::\d+)?)(?=[/"?#]|$)/g);
  return [...new Set([...found].map(([, domain]) => `*${domain}`))];
}

const map = {
  get: { $fn: "map_get" },
  set: { $fn: "map_set" },
  delete: { $fn: "map_delete" },
} as const;

function storageCall({ storage = "memory" }: Given): ProgramCall {
  if (typeof storage === "object") return { call: storage.call, args: storage.args ?? [] };
  switch (storage) {
    case "memory":
      return { call: "storage.memory", args: [] };
    case "custom":
      return { call: "storage.custom", args: [map] };
    case "custom_locked":
      return {
        call: "storage.custom",
        args: [{ ...map, with_refresh_lock: { $fn: "lock_spy", name: "lock" } }],
      };
    case "file":
      return { call: "storage.file", args: ["$file", "$file_key"] };
    case "cloud_session":
      return { call: "storage.harn_cloud_session", args: [] };
    case "cloud_org":
      return { call: "storage.harn_cloud_org", args: [] };
  }
}

function clientCall({ client = {} }: Given): ProgramCall | null {
  if (client === false) return null;
  const options = {
    client_id: "client-1",
    storage: "$storage",
    redirect_uri: "https://app.example.com/callback",
    scopes: ["read"],
    ...client,
  };
  const kept = Object.entries(options).filter(([, value]) => value !== null);
  return { call: "client.client", args: ["$provider", Object.fromEntries(kept)] };
}

function storedSets(
  stored: Given["stored"],
  start: number,
): readonly { readonly key: string | null; readonly set: Json }[] {
  const list: readonly Stored[] =
    stored === undefined ? [] : Array.isArray(stored) ? stored : [stored as Stored];
  return list.map(({ key = null, tokens = 1, issued = 0, lifetime = 3600, set = {} }) => {
    const times =
      lifetime === null
        ? { expires_in: null }
        : { expires_in: lifetime, expires_at_unix: start + issued + lifetime };
    const members = { ...tokenResponse(tokens), issued_at_unix: start + issued, ...times, ...set };
    const kept = Object.entries(members).filter(([, value]) => value !== null);
    return { key, set: withTimes(Object.fromEntries(kept), start) };
  });
}

function programStep(step: Step, timed: (value: Json) => Json): ProgramStep {
  return {
    call: step.call ?? "",
    on: step.on ?? "$client",
    args: (step.args ?? []).map((argument) => timed(withSteps(argument, timed))),
    as: step.as ?? null,
    mayThrow: step.throws !== undefined,
    advance: step.advance ?? 0,
    times: step.times ?? 1,
    parallel: (step.parallel ?? []).map((part) => programStep(part, timed)),
  };
}

/** The steps inside of a function argument, spelt out too. */
function withSteps(value: Json, timed: (value: Json) => Json): Json {
  return mapped(value, (members) =>
    members["$fn"] === "steps" && Array.isArray(members["steps"])
      ? {
          ...members,
          steps: members["steps"].map((step: unknown) => programStep(step as Step, timed)) as unknown as Json,
        }
      : null,
  );
}

function withTimes(value: Json, start: number): Json {
  return mapped(value, (members) =>
    typeof members["$at"] === "number" && Object.keys(members).length === 1 ? start + members["$at"] : null,
  );
}

/** A copy in which `change` may replace objects; null leaves one as it is. */
function mapped(value: Json, change: (members: Readonly<Record<string, Json>>) => Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => mapped(item, change));
  const members = value as Readonly<Record<string, Json>>;
  const changed = change(members);
  if (changed !== null) return changed;
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, mapped(member, change)]));
}
