// Says what is stored, without using the network. Token values are sealed: the script can hold them, not read them.
import { now } from "std/time";
import { type Args, session } from "./session.ts";

export default async function (args: Args) {
  const tokens = await session(args).current_token();
  if (tokens === null) return { logged_in: false };
  const seconds = Math.floor(now() / 1000);
  return {
    logged_in: true,
    scopes: tokens.scopes,
    expires_in: tokens.expires_at_unix === undefined ? null : tokens.expires_at_unix - seconds,
    can_refresh: tokens.refresh_token !== undefined,
    sealed: tokens.access_token.startsWith("hfs1."),
  };
}
