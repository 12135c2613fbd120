// Calls an API with the stored token. Refreshing an old token and repeating a call that got 401 happen by themselves.
import { request } from "std/oauth/client";
import { type Args, session } from "./session.ts";

export default async function (args: Args) {
  const cli = session(args);
  const [me, items] = await Promise.all([
    request(cli, "GET", `${args.api}/me`),
    request(cli, "GET", `${args.api}/items`),
  ]);
  if (!me.ok || !items.ok) throw new Error(`the API answered ${me.status} and ${items.status}`);
  return { me: JSON.parse(me.body).sub, items: JSON.parse(items.body).map(({ name }) => name) };
}
