/**
 * Login and consent at the authorization server: shows a form, takes its answer.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import type { InteractionResults, Provider } from "oidc-provider";
import { consentPage, loginPage } from "./pages.ts";

type Context = Parameters<Parameters<Provider["use"]>[0]>[0];

/** Answers `GET` and `POST /interaction/<id>`. Returns false for any other path. */
export async function interaction(provider: Provider, ctx: Context): Promise<boolean> {
  if (!/^\/interaction\/[\w-]+$/.test(ctx.path)) return false;
  const details = await provider.interactionDetails(ctx.req, ctx.res);
  const clientId = text(details.params["client_id"]);
  const prompt = details.prompt;
  if (ctx.method !== "POST") {
    ctx.type = "html";
    ctx.body =
      prompt.name === "login"
        ? loginPage(ctx.path, clientId)
        : consentPage(ctx.path, clientId, text(details.params["scope"]).split(" "));
    return true;
  }
  const form = await readForm(ctx.req);
  let result: InteractionResults;
  if (form.get("deny") === "yes") {
    result = { error: "access_denied", error_description: "the person said no" };
  } else if (prompt.name === "login") {
    result = { login: { accountId: form.get("login") ?? "ada" } };
  } else {
    const known = details.grantId === undefined ? undefined : await provider.Grant.find(details.grantId);
    const grant = known ?? new provider.Grant({ accountId: details.session?.accountId ?? "", clientId });
    const missing: unknown = prompt.details["missingOIDCScope"];
    if (Array.isArray(missing)) grant.addOIDCScope(missing.join(" "));
    const resources = prompt.details["missingResourceScopes"] as Record<string, string[]> | undefined;
    for (const [resource, scopes] of Object.entries(resources ?? {}))
      grant.addResourceScope(resource, scopes.join(" "));
    result = { consent: { grantId: await grant.save() } };
  }
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result, {
    mergeWithLastSubmission: prompt.name !== "login",
  });
  return true;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return new URLSearchParams(text);
}
