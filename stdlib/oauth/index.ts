/**
 * `oauth()`: the plugin that gives scripts `std/oauth/*`, and the runtime its redactor.
 *
 * @module
 */

import { definePlugin, type Plugin } from "../../runtime/plugin.ts";
import type { Redactor } from "../../runtime/ports.ts";
import { clientModule } from "./client.ts";
import { deviceFlowModule } from "./device-flow.ts";
import { dynamicRegistrationModule } from "./dynamic-registration/index.ts";
import { providersModule } from "./providers/index.ts";
import { createRedactor } from "./redaction/engine.ts";
import { redactionModule } from "./redaction/index.ts";
import { type StateBinding, storageModule } from "./storage/index.ts";
import { tokenExchangeModule } from "./token-exchange/index.ts";

export interface OAuthOptions {
  /** Shared by several runtimes, so that each knows the tokens of all. Default: a new one. */
  readonly redactor?: Redactor;
  /**
   * Keys of 32 bytes, with which sealed tokens survive a restart: the first seals, all open. Default: a random one, and they
   * end with the runtime.
   */
  readonly sealingKeys?: readonly Uint8Array[];
  /**
   * Says where tokens belong that a storage keeps without a record of their login: in cloud storage, `secrets` and
   * version 1 files. Where it says nothing, scripts can use them with unmodified catalogue providers only.
   */
  readonly bindings?: StateBinding;
}

/** Makes the plugin. Sends nothing and reads nothing. */
export function oauth(options: OAuthOptions = {}): Plugin {
  return definePlugin({
    name: "oauth",
    modules: (ports) => ({
      "std/oauth/providers": { ...providersModule(ports) },
      "std/oauth/storage": {
        ...storageModule(ports, options.bindings ? { bindings: options.bindings } : {}),
      },
      "std/oauth/client": { ...clientModule(ports) },
      "std/oauth/device_flow": { ...deviceFlowModule(ports) },
      "std/oauth/dynamic_registration": { ...dynamicRegistrationModule(ports) },
      "std/oauth/token_exchange": { ...tokenExchangeModule() },
      "std/oauth/redaction": { ...redactionModule(ports) },
    }),
    redactor: options.redactor ?? createRedactor(),
    ...(options.sealingKeys ? { sealingKeys: options.sealingKeys } : {}),
  });
}
