/**
 * `holdfast/oauth/providers`: the functions of `std/oauth/providers` for plain Node code.
 *
 * @module
 */

import { type ProvidersModule, providers as module } from "../node.ts";

export const github: ProvidersModule["github"] = module.github;
export const slack: ProvidersModule["slack"] = module.slack;
export const linear: ProvidersModule["linear"] = module.linear;
export const notion: ProvidersModule["notion"] = module.notion;
export const google: ProvidersModule["google"] = module.google;
export const microsoft: ProvidersModule["microsoft"] = module.microsoft;
export const atlassian: ProvidersModule["atlassian"] = module.atlassian;
export const discord: ProvidersModule["discord"] = module.discord;
export const gitlab: ProvidersModule["gitlab"] = module.gitlab;
export const bitbucket: ProvidersModule["bitbucket"] = module.bitbucket;
export const sentry: ProvidersModule["sentry"] = module.sentry;
export const figma: ProvidersModule["figma"] = module.figma;
export const stripe: ProvidersModule["stripe"] = module.stripe;
export const vercel: ProvidersModule["vercel"] = module.vercel;
export const supabase: ProvidersModule["supabase"] = module.supabase;
export const cloudflare: ProvidersModule["cloudflare"] = module.cloudflare;
export const neon: ProvidersModule["neon"] = module.neon;
export const webex: ProvidersModule["webex"] = module.webex;
export const pagerduty: ProvidersModule["pagerduty"] = module.pagerduty;
export const github_enterprise: ProvidersModule["github_enterprise"] = module.github_enterprise;
export const okta: ProvidersModule["okta"] = module.okta;
export const auth0: ProvidersModule["auth0"] = module.auth0;
export const custom: ProvidersModule["custom"] = module.custom;
export const provider: ProvidersModule["provider"] = module.provider;
export const provider_names: ProvidersModule["provider_names"] = module.provider_names;
export const provider_catalog: ProvidersModule["provider_catalog"] = module.provider_catalog;
export const providers: ProvidersModule["providers"] = module.providers;
export const discover: ProvidersModule["discover"] = module.discover;
export const discover_resource: ProvidersModule["discover_resource"] = module.discover_resource;
export const oidc: ProvidersModule["oidc"] = module.oidc;
