/**
 * `holdfast/oauth/storage`: the functions of `std/oauth/storage` for plain Node code.
 *
 * @module
 */

import { type StorageModule, storage as module } from "../node.ts";

export const memory: StorageModule["memory"] = module.memory;
export const file: StorageModule["file"] = module.file;
export const custom: StorageModule["custom"] = module.custom;
export const harn_cloud_session: StorageModule["harn_cloud_session"] = module.harn_cloud_session;
export const harn_cloud_org: StorageModule["harn_cloud_org"] = module.harn_cloud_org;
export const secrets: StorageModule["secrets"] = module.secrets;
export const storage: StorageModule["storage"] = module.storage;
