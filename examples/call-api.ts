// Calls an API with the stored token. Refreshing an old token and repeating a call that got 401 happen by themselves.
import { request } from "std/oauth/client";
import { type Args, session } from "./session.ts";

interface Item {
  readonly name: string;
}

export default async function (args: Args) {
  const cli = session(args);
  const [me, items] = await Promise.all([
    request(cli, "GET", `${args.api}/me`),
    request(cli, "GET", `${args.api}/items`),
  ]);
  if (!me.ok || !items.ok) throw new Error(`the API answered ${me.status} and ${items.status}`);
  const found: Item[] = JSON.parse(String(items.body));
  return { me: JSON.parse(String(me.body)).sub, items: found.map(({ name }) => name) };
}
