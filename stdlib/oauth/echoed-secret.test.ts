import { expect, test } from "vitest";
import { createOAuth } from "./node.ts";
import { scriptedProvider } from "./scripted-provider.test.support.ts";

test("a Basic header that a provider echoes shows no secret, though its base64 is of the encoded one", async () => {
  const client_secret = ["s:cret", "with", "%+/="].join("-");
  const provider = await scriptedProvider(({ headers }) => ({
    status: 400,
    json: { error: "invalid_client", error_description: `got ${headers.authorization}` },
  }));
  const oauth = createOAuth();
  try {
    const cli = oauth.client.client(
      { id: "acme", auth_url: `${provider.origin}/authorize`, token_url: `${provider.origin}/token` },
      {
        client_id: "c1",
        client_secret,
        token_auth_method: "client_secret_basic",
        storage: oauth.storage.memory(),
      },
    );
    const error = await cli.client_credentials().catch((thrown: unknown) => thrown);
    const [, sent = ""] = (provider.seen[0]?.headers.authorization ?? "").split(" ");
    expect(Buffer.from(sent, "base64").toString()).toBe("c1:s%3Acret-with-%25%2B%2F%3D");
    const { details } = error as { details: { error_description: string } };
    expect(details.error_description).toMatch(/^got .*redacted/);
    expect(details.error_description).not.toContain(sent.slice(6, 30));
  } finally {
    await oauth.close();
    await provider.close();
  }
});
