import { expect, test } from "vitest";
import * as path from "../node/dynamic_registration.ts";
import { createOAuth, dynamic_registration } from "../node.ts";

test("the sub-path has exactly the functions of the module", async () => {
  expect(Object.keys(path).sort()).toEqual(Object.keys(dynamic_registration).sort());
  const own = createOAuth();
  expect(Object.keys(own.dynamic_registration).sort()).toEqual(Object.keys(path).sort());
  await own.close();
});

test("plain Node code gets the real secret, once", async () => {
  const store = path.dynamic_registration_store();
  const client = await path.register_client(store, { redirect_uris: ["https://app.example.com/cb"] });
  expect(client.client_secret).toMatch(/^[\w-]{43}$/);
  expect(await path.verify_client_secret(store, client.client_id, String(client.client_secret))).toBe(true);
  expect(await path.get_client(store, client.client_id)).not.toHaveProperty("client_secret");
});
