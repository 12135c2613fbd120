/**
 * `secrets({provider, …})`: tokens as JSON in the host's secret store, behind the capability `secrets`.
 *
 * A secret may hold more than a token set (the endpoint, the client's id): a write keeps that, and no script sees it.
 *
 * @module
 */

import type { Ports } from "../../../runtime/ports.ts";
import { closedOptions } from "../options.ts";
import type { Entry } from "./entry.ts";
import { foreignEntry, hasRefreshTokenOf } from "./foreign-entry.ts";
import { callHost, type HostCall, hostWaitMs } from "./host-call.ts";
import { KeyedMutex } from "./keyed-mutex.ts";
import type { ScriptStore } from "./script-store.ts";
import { type BindingOf, refuseOtherLogin } from "./stated-bindings.ts";
import { invalidArgument, storageError } from "./storage-fault.ts";
import { storageKey } from "./storage-key.ts";

/** What `secrets` takes. */
export interface SecretsOptions {
  /** First part of the names of the secrets. */
  readonly provider: string;
  /** Second part for the key that is the provider's name or this one; default `oauth-token`. */
  readonly token_name?: string;
  /** Stands before every other key; default none. */
  readonly key_prefix?: string;
  /** Handed to the host as it is; default null. */
  readonly scope?: string | null;
}

export type SecretsSettings = Required<SecretsOptions>;

/** A store that can say why a key has nothing. */
export interface SecretStore extends ScriptStore {
  /** Null when `read` answers an entry; else one sentence, redacted. */
  describeAbsence(key: string): Promise<string | null>;
}

// Of the process: the host's secret store has no locks.
const refreshes = new KeyedMutex();
const writes = new KeyedMutex();

/** Members that belong to the token set: a write replaces all of them. Others of the secret are kept and not shown. */
const tokenFields: readonly string[] = [
  "access_token",
  "refresh_token",
  "id_token",
  "dpop_key",
  "expires_at_unix",
  "expires_in",
  "issued_at_unix",
  "token_type",
  "scopes",
  "metadata",
  "issued_token_type",
  "token_exchange_mode",
  "subject_token_type",
  "actor_token_type",
  "requested_token_type",
];

/** Judges the options. @throws HARN-OAU-011. */
export function secretsSettings(options: unknown): SecretsSettings {
  const given = closedOptions("storage", "secrets", options, [
    "provider",
    "token_name",
    "key_prefix",
    "scope",
  ]);
  const { provider, token_name = "oauth-token", key_prefix = "", scope = null } = given;
  if (typeof provider !== "string" || provider.trim() === "") {
    throw invalidArgument("secrets needs a provider that is not blank", "Give {provider} with its name.");
  }
  if (typeof token_name !== "string" || token_name.trim() === "") {
    throw invalidArgument("the token_name of secrets must not be blank", "Leave token_name out.");
  }
  if (typeof key_prefix !== "string") {
    throw invalidArgument("the key_prefix of secrets must be a string", "Leave key_prefix out.");
  }
  if (scope !== null && typeof scope !== "string") {
    throw invalidArgument("the scope of secrets must be a string or null", "Leave scope out.");
  }
  return { provider: provider.trim(), token_name: token_name.trim(), key_prefix, scope };
}

/** The name of the secret for a key. A key with a slash is a name already. */
export function secretName({ provider, token_name, key_prefix }: SecretsSettings, key: string): string {
  if (key.includes("/")) return key;
  if (key === provider || key === token_name) return `${provider}/${token_name}`;
  return `${provider}/${key_prefix}${key}`;
}

/** The store over the capability. */
export function secretStore(ports: Ports, settings: SecretsSettings, bindingOf: BindingOf): SecretStore {
  const { scope } = settings;
  const place = JSON.stringify(["secrets", ports.capabilityInfo("secrets")?.id ?? "", scope]);
  const nameOf = (key: string): string => secretName(settings, storageKey(key));
  const call = (
    operation: string,
    params: Readonly<Record<string, unknown>>,
    how: Partial<HostCall<Absent>> = {},
  ): Promise<unknown> =>
    callHost<Absent>(ports, {
      capability: "secrets",
      operation,
      params: { ...params, scope },
      waitMs: hostWaitMs,
      ...how,
    });
  const mayBeAbsent: Partial<HostCall<Absent>> = {
    recover: (error) => (isNotFound(error) ? new Absent(error) : undefined),
  };

  async function lookUp(name: string): Promise<Found> {
    const answer = await call("get", { name }, mayBeAbsent);
    if (answer instanceof Absent) return { kind: "absent", why: answer.why(ports) };
    if (answer === null || answer === undefined) return { kind: "absent", why: "there is no such secret" };
    if (typeof answer !== "string") throw storageError("host_value");
    return judgeSecret(answer);
  }

  /** A set without an access token is a secret of another kind that waits for its tokens. */
  function entryOf(key: string, found: Found): Entry | null {
    if (found.kind !== "object" || !isPresent(found.members["access_token"])) return null;
    const set: Record<string, unknown> = {};
    for (const field of tokenFields) if (field in found.members) set[field] = found.members[field];
    if (typeof set["scopes"] === "string") set["scopes"] = set["scopes"].split(" ").filter(isPresent);
    return foreignEntry(ports, set, bindingOf(key));
  }

  async function change(key: string, decide: (current: Entry | null) => Entry | null): Promise<boolean> {
    const name = nameOf(key);
    return await writes.run(place + name, async () => {
      const found = await lookUp(name);
      const entry = decide(entryOf(key, found));
      if (entry === null) return false;
      refuseOtherLogin(entry, bindingOf(key));
      if (found.kind === "foreign") throw storageError("secret_foreign");
      const value = merged(found.kind === "object" ? found.members : {}, entry);
      await call("set", { name, value });
      return true;
    });
  }

  return {
    identity: JSON.stringify([place, settings]),
    keepsEntries: false,
    read: async (key) => entryOf(key, await lookUp(nameOf(key))),
    write: (key, entry, expected) =>
      change(key, (current) => (expected && !hasRefreshTokenOf(current, expected) ? null : entry)),
    async remove(key) {
      const name = nameOf(key);
      await writes.run(place + name, () => call("delete", { name }, mayBeAbsent));
    },
    async replace(key, next) {
      await change(key, () => next(null));
    },
    withRefreshLock: (key, body) => refreshes.run(place + nameOf(key), () => body()),
    async describeAbsence(key) {
      const found = await lookUp(nameOf(key));
      if (entryOf(key, found) !== null) return null;
      return found.kind === "absent" ? found.why : "the secret holds no token";
    },
  };
}

type Found =
  | { readonly kind: "absent"; readonly why: string }
  | { readonly kind: "object"; readonly members: Readonly<Record<string, unknown>> }
  /** JSON, but no object: nobody's token set. */
  | { readonly kind: "foreign" };

function judgeSecret(text: string): Found {
  if (text.trim() === "") return { kind: "absent", why: "the secret is blank" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw storageError("secret_not_json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { kind: "foreign" };
  return { kind: "object", members: value as Record<string, unknown> };
}

/** The new value of a secret: its other members, the token set, and the refresh token when the set has none. */
function merged(members: Readonly<Record<string, unknown>>, { token_set }: Entry): string {
  const all = new Map(Object.entries(members).filter(([name]) => !tokenFields.includes(name)));
  if (isPresent(members["refresh_token"])) all.set("refresh_token", members["refresh_token"]);
  for (const [name, value] of Object.entries(token_set)) all.set(name, value);
  const sorted = [...all].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

/** What a host's not-found error becomes. */
class Absent {
  readonly #error: { readonly message?: unknown };

  constructor(error: { readonly message?: unknown }) {
    this.#error = error;
  }

  /** The host's own words, redacted, free of control characters, at most 300 characters. */
  why(ports: Ports): string {
    const { message } = this.#error;
    if (typeof message !== "string" || message === "") return "there is no such secret";
    return ports.redactor.redact(message).replace(/\p{C}/gu, " ").slice(0, 300);
  }
}

function isNotFound(error: unknown): error is { readonly message?: unknown } {
  return typeof error === "object" && error !== null && (error as { code?: unknown }).code === "not_found";
}
