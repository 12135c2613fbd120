// Logs a person in on another device: the prompt with the code appears on standard error.
import { device_flow } from "std/oauth/device_flow";
import { type Args, provider, storage } from "./session.ts";

export default async function (args: Args) {
  const tokens = await device_flow(provider(args), { client_id: args.client_id, storage: storage(args) });
  return { logged_in: true, scopes: tokens.scopes, expires_in: tokens.expires_in };
}
