/**
 * The std modules that are not OAuth, as a plugin.
 *
 * @module
 */

import { definePlugin, type Plugin } from "../plugin.ts";
import { cryptoModule } from "./crypto.ts";
import { envModule } from "./env.ts";
import { eventsModule } from "./events.ts";
import { httpModule } from "./http.ts";
import { jsonModule } from "./json.ts";
import { logModule } from "./log.ts";
import { testingModule } from "./testing.ts";
import { timeModule } from "./time.ts";
import { urlModule } from "./url.ts";

/** The plugin that gives scripts `std/http`, `std/env`, `std/log`, `std/events`, `std/time`, `std/json`, `std/crypto`, `std/url` and `std/testing`. */
export function std(): Plugin {
  return definePlugin({
    name: "std",
    modules: (ports) => ({
      "std/http": httpModule(ports),
      "std/env": envModule(ports),
      "std/log": logModule(ports),
      "std/events": eventsModule(ports),
      "std/time": timeModule(ports),
      "std/json": jsonModule(),
      "std/crypto": cryptoModule(ports),
      "std/url": urlModule(),
      "std/testing": testingModule(ports),
    }),
  });
}
