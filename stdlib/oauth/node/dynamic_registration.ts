/**
 * `holdfast/oauth/dynamic_registration`: the functions of `std/oauth/dynamic_registration` for plain Node code.
 *
 * @module
 */

import { type DynamicRegistrationModule, dynamic_registration as module } from "../node.ts";

export const validate_metadata: DynamicRegistrationModule["validate_metadata"] = module.validate_metadata;
export const client_metadata: DynamicRegistrationModule["client_metadata"] = module.client_metadata;
export const authorization_server_metadata: DynamicRegistrationModule["authorization_server_metadata"] =
  module.authorization_server_metadata;
export const well_known_paths: DynamicRegistrationModule["well_known_paths"] = module.well_known_paths;
export const well_known_response: DynamicRegistrationModule["well_known_response"] =
  module.well_known_response;
export const dynamic_registration_store: DynamicRegistrationModule["dynamic_registration_store"] =
  module.dynamic_registration_store;
export const register_client: DynamicRegistrationModule["register_client"] = module.register_client;
export const get_client: DynamicRegistrationModule["get_client"] = module.get_client;
export const list_clients: DynamicRegistrationModule["list_clients"] = module.list_clients;
export const verify_client_secret: DynamicRegistrationModule["verify_client_secret"] =
  module.verify_client_secret;
export const read_client: DynamicRegistrationModule["read_client"] = module.read_client;
export const update_client: DynamicRegistrationModule["update_client"] = module.update_client;
export const delete_client: DynamicRegistrationModule["delete_client"] = module.delete_client;
