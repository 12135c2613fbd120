/**
 * The registered clients of one store, and what may be done with them (RFC 7591 §3, RFC 7592 §2).
 *
 * Each client has an entry of its own, and one more lists their ids. Every change holds the lock of that list, so
 * registrations that come at the same time, also through other handles of the same storage, lose nothing.
 *
 * @module
 */

import type { Ports } from "../../../runtime/ports.ts";
import { nowSeconds } from "../client-context.ts";
import type { EntryStore } from "../storage/entry.ts";
import {
  type ClientMetadata,
  coded,
  completed,
  judgeMetadata,
  rejected,
  serverMembers,
} from "./client-metadata.ts";
import { clientEntry, clientOf, indexEntry, indexOf, type Registration } from "./registration.ts";
import { hashSecret, isSecretOf, mint, presentedSecret } from "./secret-hash.ts";

/** What is answered about a client (RFC 7591 §3.2.1): its metadata, and what the server adds. */
export type ClientInformation = ClientMetadata & {
  readonly client_id: string;
  /** Unix seconds. */
  readonly client_id_issued_at: number;
  /** Always 0, never; present when the client has a secret. */
  readonly client_secret_expires_at?: number;
  /** Answered once, when it is minted. Sealed for scripts. */
  readonly client_secret?: string;
  /** Answered once, when it is minted. Sealed for scripts. */
  readonly registration_access_token?: string;
  /** Present when the store knows its `registration_url`. */
  readonly registration_client_uri?: string;
};

/** The operations of a store. Unknown ids and wrong tokens are answers, not errors, and cannot be told apart. */
export interface Registry {
  register(metadata: unknown): Promise<ClientInformation>;
  get(id: unknown): Promise<ClientInformation | null>;
  list(): Promise<readonly string[]>;
  verify(id: unknown, secret: unknown): Promise<boolean>;
  read(id: unknown, token: unknown): Promise<ClientInformation | null>;
  update(id: unknown, token: unknown, metadata: unknown): Promise<ClientInformation | null>;
  delete(id: unknown, token: unknown): Promise<boolean>;
}

export interface RegistryOptions {
  readonly store: EntryStore;
  /** Key of the list; a client's own key is this, a colon and its id. */
  readonly key: string;
  /** Where registrations are posted; null when the store does not know. */
  readonly registrationUrl: string | null;
}

/** Methods whose clients prove themselves without a shared secret. */
const secretless: readonly string[] = ["none", "private_key_jwt"];
/** RFC 7592 §2.2: an update request must not hold these. */
const neverUpdated = serverMembers.filter((member) => member !== "client_id" && member !== "client_secret");

/** Makes the operations over a store. */
export function createRegistry(ports: Ports, { store, key, registrationUrl }: RegistryOptions): Registry {
  const keyOf = (id: string): string => `${key}:${id}`;

  async function find(id: unknown): Promise<Registration | null> {
    // Only what was minted here becomes part of a storage key.
    if (typeof id !== "string" || !/^[\w-]{43}$/.test(id)) return null;
    const entry = await store.read(keyOf(id));
    return entry === null ? null : clientOf(id, entry);
  }

  async function authorized(id: unknown, token: unknown): Promise<Registration | null> {
    const presented = presentedSecret(ports, token);
    const found = presented === null ? null : await find(id);
    return found !== null && presented !== null && isSecretOf(found.tokenHash, presented) ? found : null;
  }

  async function isSecret(registration: Registration, secret: unknown): Promise<boolean> {
    const presented = presentedSecret(ports, secret);
    return (
      presented !== null && registration.secretHash !== null && isSecretOf(registration.secretHash, presented)
    );
  }

  function conceal(client_id: string, member: string, value: string): string {
    return ports.seal.conceal(value, {
      kind: "client_secret",
      provider: "dynamic_registration",
      issuer: null,
      key: `${member}:${client_id}`,
      origins: [],
    });
  }

  /** `minted`: the real values of what is answered this once. */
  function information(
    { client_id, client_id_issued_at, metadata, secretHash }: Registration,
    minted: Readonly<Record<string, string | null>> = {},
  ): ClientInformation {
    const secrets = Object.entries(minted).flatMap(([member, value]) =>
      value === null ? [] : [[member, conceal(client_id, member, value)] as const],
    );
    return {
      ...metadata,
      client_id,
      client_id_issued_at,
      ...(secretHash === null ? {} : { client_secret_expires_at: 0 }),
      ...(registrationUrl === null ? {} : { registration_client_uri: `${registrationUrl}/${client_id}` }),
      ...Object.fromEntries(secrets),
    };
  }

  function emit(kind: string, time: string, at: number, registration: Registration): void {
    const { client_id, metadata, secretHash } = registration;
    const { redirect_uris, grant_types, token_endpoint_auth_method } = metadata;
    ports.events.emit(
      "oauth.dynreg.audit",
      kind,
      {
        client_id,
        [time]: at,
        redacted: {
          redirect_uri_count: Array.isArray(redirect_uris) ? redirect_uris.length : 0,
          grant_types,
          has_client_secret: secretHash !== null,
          token_endpoint_auth_method,
        },
      },
      { dynreg: "true" },
    );
  }

  return {
    async register(given) {
      const metadata = completed(judgeMetadata("register_client", given, ports.redactor), serverMembers);
      const client_secret = needsSecret(metadata) ? mint(ports.random) : null;
      const registration_access_token = mint(ports.random);
      const registration: Registration = {
        client_id: mint(ports.random),
        client_id_issued_at: nowSeconds(ports),
        metadata,
        secretHash: client_secret === null ? null : hashSecret(ports.random, client_secret),
        tokenHash: hashSecret(ports.random, registration_access_token),
      };
      const { client_id } = registration;
      await store.withRefreshLock(key, async () => {
        // The client first: an id that is listed always leads to one.
        await store.write(keyOf(client_id), clientEntry(ports, registration));
        const listed = indexOf(await store.read(key));
        await store.write(key, indexEntry(ports, [...listed, client_id]));
      });
      emit("client_registered", "issued_at", registration.client_id_issued_at, registration);
      return information(registration, { client_secret, registration_access_token });
    },

    async get(id) {
      const found = await find(id);
      return found && information(found);
    },

    async list() {
      return indexOf(await store.read(key)).toSorted();
    },

    async verify(id, secret) {
      const found = await find(id);
      return found !== null && (await isSecret(found, secret));
    },

    async read(id, token) {
      const found = await authorized(id, token);
      return found && information(found);
    },

    async update(id, token, given) {
      const judged = judgeMetadata("update_client", given, ports.redactor);
      return await store.withRefreshLock(key, async () => {
        const before = await authorized(id, token);
        if (before === null) return null;
        const { members } = judged;
        const errors = neverUpdated
          .filter((member) => Object.hasOwn(members, member))
          .map((member) => `${member} must not be in an update`);
        if (Object.hasOwn(members, "client_id") && members.client_id !== before.client_id) {
          errors.push("client_id must be the client's own");
        }
        // RFC 7592 §2.2: a client may repeat its secret, never choose one.
        if (Object.hasOwn(members, "client_secret") && !(await isSecret(before, members.client_secret))) {
          errors.push("client_secret must be the client's own, or be left out");
        }
        if (errors.length > 0) throw rejected([...judged.errors, ...errors.map(coded)]);
        const metadata = completed(judged, serverMembers);
        const minting = needsSecret(metadata) && before.secretHash === null;
        const client_secret = minting ? mint(ports.random) : null;
        const registration_access_token = mint(ports.random);
        const kept = needsSecret(metadata) ? before.secretHash : null;
        const registration: Registration = {
          ...before,
          metadata,
          secretHash: client_secret === null ? kept : hashSecret(ports.random, client_secret),
          tokenHash: hashSecret(ports.random, registration_access_token),
        };
        await store.write(keyOf(before.client_id), clientEntry(ports, registration));
        emit("client_updated", "updated_at", nowSeconds(ports), registration);
        return information(registration, { client_secret, registration_access_token });
      });
    },

    async delete(id, token) {
      return await store.withRefreshLock(key, async () => {
        const found = await authorized(id, token);
        if (found === null) return false;
        const listed = indexOf(await store.read(key));
        // The list first: if the rest fails, the token still works for another try.
        await store.write(
          key,
          indexEntry(
            ports,
            listed.filter((listedId) => listedId !== found.client_id),
          ),
        );
        await store.remove(keyOf(found.client_id));
        emit("client_deleted", "deleted_at", nowSeconds(ports), found);
        return true;
      });
    },
  };
}

function needsSecret({ token_endpoint_auth_method }: ClientMetadata): boolean {
  return !secretless.some((method) => method === token_endpoint_auth_method);
}
