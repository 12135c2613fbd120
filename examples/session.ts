// What the other examples share: which provider, and where its tokens are kept.
import { env } from "std/env";
import { client } from "std/oauth/client";
import { custom } from "std/oauth/providers";
import { file } from "std/oauth/storage";

export interface Args {
  readonly issuer: string;
  readonly client_id: string;
  /** Where the API is; the token goes there and nowhere else. */
  readonly api: string;
  /** The token file, relative to this folder. */
  readonly store?: string;
}

export function provider({ issuer, api }: Args) {
  return custom({
    id: "demo",
    issuer,
    auth_url: `${issuer}/auth`,
    token_url: `${issuer}/token`,
    device_code_url: `${issuer}/device/auth`,
    revoke_url: `${issuer}/token/revocation`,
    default_scopes: ["openid", "api:read"],
    resource_origins: [new URL(api).origin],
  });
}

/** The file is encrypted with a key that the person who runs the script keeps in STORE_KEY. */
export function storage({ store = "./tokens.bin" }: Args) {
  const key = env("STORE_KEY");
  if (key === null) throw new Error("STORE_KEY is not set");
  return file(store, key);
}

export function session(args: Args, redirect_uri?: string) {
  return client(provider(args), { client_id: args.client_id, storage: storage(args), redirect_uri });
}
