/**
 * Hosts that refresh over one database, against a strict provider: a refresh token that comes twice ends its grant.
 *
 * @module
 */

import type { Clock } from "../runtime/ports.ts";
import { createOAuth, type OAuth } from "../stdlib/oauth/node.ts";
import {
  fakeToken,
  scriptedProvider,
  type ScriptedProvider,
} from "../stdlib/oauth/scripted-provider.test.support.ts";
import type { Entry } from "../stdlib/oauth/storage/entry.ts";
import { testEntry } from "../stdlib/oauth/storage/postgres/fleet.test.support.ts";
import type { PostgresStorage } from "../stdlib/oauth/storage/postgres/index.ts";

export interface StrictProvider extends ScriptedProvider {
  /** The refresh token that a grant takes now. */
  current(grant: string): string;
  /** How often a refresh token came that was used before. */
  reused(): number;
}

const refreshToken = (grant: string, number: number): string => `${fakeToken("rt", number)}.${grant}`;

/** `expires_in`: of the tokens that it issues. */
export async function strictProvider(expires_in = 3_600): Promise<StrictProvider> {
  const grants = new Map<string, number>();
  let reused = 0;
  const current = (grant: string): string => refreshToken(grant, grants.get(grant) ?? 1);
  const provider = await scriptedProvider(async ({ form }) => {
    const given = form.get("refresh_token") ?? "";
    const grant = given.slice(given.lastIndexOf(".") + 1);
    if (given !== current(grant)) {
      reused += 1;
      return { status: 400, json: { error: "invalid_grant" } };
    }
    const next = (grants.get(grant) ?? 1) + 1;
    grants.set(grant, next);
    return {
      json: {
        access_token: `${fakeToken("at", next)}.${grant}`,
        refresh_token: refreshToken(grant, next),
        expires_in,
      },
    };
  });
  return { ...provider, current, reused: () => reused };
}

/** The entry of a login that has expired. */
export function expiredEntry({ origin }: StrictProvider, grant: string): Entry {
  return testEntry(
    grant,
    {
      binding: { provider: "acme", issuer: origin, token_origin: origin, resource_origins: [origin] },
    },
    {
      access_token: `${fakeToken("at", 1)}.${grant}`,
      refresh_token: refreshToken(grant, 1),
      issued_at_unix: 1_700_000_000,
      expires_at_unix: 1_700_003_600,
    },
  );
}

export interface RefreshingHost {
  token(grant: string): Promise<string>;
  readonly oauth: OAuth;
  close(): Promise<void>;
}

export function refreshingHost(
  { origin }: { readonly origin: string },
  oauth_storage: PostgresStorage,
  clock?: Clock,
): RefreshingHost {
  const oauth = createOAuth({ capabilities: { oauth_storage }, ...(clock ? { clock } : {}) });
  const storage = oauth.storage.harn_cloud_org();
  const record = { id: "acme", auth_url: `${origin}/authorize`, token_url: `${origin}/token` };
  return {
    oauth,
    async token(grant) {
      const client = oauth.client.client(record, { client_id: "c", storage, storage_key: grant });
      return await oauth.client.token(client);
    },
    close: () => oauth.close(),
  };
}
