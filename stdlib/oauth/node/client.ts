/**
 * `holdfast/oauth/client`: the functions of `std/oauth/client` for plain Node code.
 *
 * @module
 */

import { type ClientModule, client as module } from "../node.ts";

export const client: ClientModule["client"] = module.client;
export const start_authorization: ClientModule["start_authorization"] = module.start_authorization;
export const exchange_code: ClientModule["exchange_code"] = module.exchange_code;
export const exchange_callback: ClientModule["exchange_callback"] = module.exchange_callback;
export const token: ClientModule["token"] = module.token;
export const refresh: ClientModule["refresh"] = module.refresh;
export const request: ClientModule["request"] = module.request;
export const current_token: ClientModule["current_token"] = module.current_token;
export const revoke: ClientModule["revoke"] = module.revoke;
export const client_credentials: ClientModule["client_credentials"] = module.client_credentials;
export const token_exchange: ClientModule["token_exchange"] = module.token_exchange;
export const introspect: ClientModule["introspect"] = module.introspect;
export const userinfo: ClientModule["userinfo"] = module.userinfo;
export const id_token_claims: ClientModule["id_token_claims"] = module.id_token_claims;
