/**
 * `holdfast/oauth/device_flow`: the functions of `std/oauth/device_flow` for plain Node code.
 *
 * @module
 */

import { type DeviceFlowModule, device_flow as module } from "../node.ts";

export const device_flow: DeviceFlowModule["device_flow"] = module.device_flow;
