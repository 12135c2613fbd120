/** What the pipelines against the oracle have in common. */

const common = `
import { http_get, http_post, http_request } from "std/http";
import {
  client, client_credentials, current_token, exchange_callback, id_token_claims, introspect, refresh, request, revoke,
  start_authorization, token, userinfo,
} from "std/oauth/client";
import { device_flow } from "std/oauth/device_flow";
import { client_metadata } from "std/oauth/dynamic_registration";
import { discover } from "std/oauth/providers";
import { memory } from "std/oauth/storage";

const discovered = async (args: any) => await discover(args.issuer, { id: "oracle" });

const session = async (args: any, more: object = {}) =>
  client(await discovered(args), {
    storage: memory(), redirect_uri: "http://127.0.0.1:9/callback", scopes: ["openid", "api:read"], ...args.client, ...more,
  });

const asked = async (args: any, path: string, query: Record<string, string>): Promise<string> => {
  const answer = await http_get(\`\${args.person}/\${path}?\${new URLSearchParams(query)}\`);
  if (answer.status !== 200) throw new Error(String(answer.body));
  return String(answer.body);
};

const login = async (args: any, cli: any) => {
  const attempt = await start_authorization(cli);
  return await exchange_callback(cli, attempt, await asked(args, "authorize", { url: attempt.url }));
};

const by_device = async (args: any, decision: string, more: object = {}) => {
  const { redirect_uri, ...options } = args.client;
  return await device_flow(await discovered(args), {
    storage: memory(), scopes: ["openid", "api:read"], ...options, ...more,
    on_user_code: async (user_code: string, uri: string) => {
      await asked(args, "device", { decision, uri, user_code });
    },
  });
};

const failure = async (promise: Promise<unknown>) => {
  try {
    await promise;
    return null;
  } catch (error: any) {
    const { code, details } = error;
    return { code, error: details?.error ?? null, message: error.message };
  }
};
`;

/** A pipeline; `body` is that of its default function, whose argument is `args`. */
export function oraclePipeline(body: string): string {
  return `${common}\nexport default async (args: any) => {\n${body}\n};\n`;
}
