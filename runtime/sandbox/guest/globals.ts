/**
 * The globals that a script finds beside those of the language. This folder is compiled to JavaScript and loaded as
 * text into the sandbox before any user code; its files import only each other.
 *
 * Every built-in that is used after load is captured in `primordials.ts`, and lists have no prototype, so that a script
 * which overwrites prototypes or globals can neither break these functions nor watch them. Hence also: no `for…of`, no
 * spread, no array methods and no array destructuring in what runs later, except where a standard asks to iterate the
 * script's own value; and no template literals, which the engine turns into calls of `String.prototype.concat`.
 *
 * @module
 */

import { atob, btoa } from "./base64.ts";
import { consoleObject } from "./console.ts";
import { DOMException } from "./dom-exception.ts";
import type { WebGlobals } from "./global-types.ts";
import {
  env,
  http_get,
  http_post,
  http_request,
  json_parse,
  json_stringify,
  log,
} from "./language-globals.ts";
import { put } from "./own-members.ts";
import { enumerableKeys } from "./primordials.ts";
import { random } from "./random.ts";
import { structuredClone } from "./structured-clone.ts";
import { TextDecoder, TextEncoder } from "./text-encoding.ts";
import { clearInterval, clearTimeout, queueMicrotask, setInterval, setTimeout } from "./timers.ts";
import { URL } from "./url.ts";
import { URLSearchParams } from "./url-search-params.ts";
import { cryptoObject } from "./web-crypto.ts";

/** Defines the globals: writable, configurable and not enumerable, as in other hosts. */
export function installGlobals(): void {
  const globals: WebGlobals & Record<string, unknown> = {
    DOMException,
    TextDecoder,
    TextEncoder,
    URL,
    URLSearchParams,
    atob,
    btoa,
    clearInterval,
    clearTimeout,
    console: consoleObject,
    crypto: cryptoObject,
    env,
    http_get,
    http_post,
    http_request,
    json_parse,
    json_stringify,
    log,
    queueMicrotask,
    setInterval,
    setTimeout,
    structuredClone,
  };
  const names = enumerableKeys(globals);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    put(globalThis, name, globals[name], false);
  }
  put(Math, "random", random, false);
}
