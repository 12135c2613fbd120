// Revokes the tokens at the provider and removes them from the file.
import { revoke } from "std/oauth/client";
import { type Args, session } from "./session.ts";

export default async function (args: Args) {
  return await revoke(session(args));
}
