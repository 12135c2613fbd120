// Logs a person in with the authorization code flow and PKCE.
//
// A sandboxed script has no web server, so something of yours receives the redirect: `callback` is its address, and a
// GET of `inbox?state=…` waits and answers with the whole redirect URL.
import { http_get } from "std/http";
import { log } from "std/log";
import { exchange_callback, start_authorization } from "std/oauth/client";
import { type Args, session } from "./session.ts";

export default async function (args: Args & { callback: string; inbox: string }) {
  const cli = session(args, args.callback);
  const login = await start_authorization(cli);
  log(`Open this page to log in: ${login.url}`);
  const redirect = await http_get(`${args.inbox}?state=${login.state}`, { timeout: 600, as: "text" });
  const tokens = await exchange_callback(cli, login, redirect.body);
  return { logged_in: true, scopes: tokens.scopes, expires_in: tokens.expires_in };
}
