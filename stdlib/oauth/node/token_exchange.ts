/**
 * `holdfast/oauth/token_exchange`: the functions of `std/oauth/token_exchange` for plain Node code.
 *
 * @module
 */

import { type TokenExchangeModule, token_exchange as module } from "../node.ts";

export const token_exchange_grant_type: TokenExchangeModule["token_exchange_grant_type"] =
  module.token_exchange_grant_type;
export const token_type: TokenExchangeModule["token_type"] = module.token_type;
export const token_exchange_catalog: TokenExchangeModule["token_exchange_catalog"] =
  module.token_exchange_catalog;
export const token_exchange_capability: TokenExchangeModule["token_exchange_capability"] =
  module.token_exchange_capability;
export const token_exchange_capability_rows: TokenExchangeModule["token_exchange_capability_rows"] =
  module.token_exchange_capability_rows;
export const actor_claim: TokenExchangeModule["actor_claim"] = module.actor_claim;
export const delegated_claims: TokenExchangeModule["delegated_claims"] = module.delegated_claims;
