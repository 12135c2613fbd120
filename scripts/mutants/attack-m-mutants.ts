/**
 * Faults that rows of group M of the attack table catch: requests to resource servers.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const host = "runtime/host";
const oauth = "stdlib/oauth";

/** The rows, as in `["m06_"]`, that must catch it. */
type Fault = Omit<Mutant, "rows"> & { readonly by: readonly string[] };

const faults: readonly Fault[] = [
  {
    name: "follows redirects to other origins",
    file: `${oauth}/request.js`,
    find: "return to.origin === from.origin && ",
    replace: "return ",
    by: ["m03_", "m50_", "m51_", "m54_", "m55_"],
  },
  {
    name: "follows redirects to other ports",
    file: `${oauth}/request.js`,
    find: "return to.origin === from.origin && ",
    replace: "return to.hostname === from.hostname && ",
    by: ["m03_", "m54_"],
  },
  {
    name: "follows redirects with user information",
    file: `${oauth}/request.js`,
    find: 'to.username === "" && to.password === ""',
    replace: "true",
    by: ["m53_"],
  },
  {
    name: "follows redirects that have two readings",
    file: `${oauth}/request.js`,
    find: "/[\\p{Cc}\\\\]/u.test(location) || ",
    replace: "",
    by: ["m52_"],
  },
  {
    name: "follows redirects with the token in the address",
    file: `${oauth}/request.js`,
    find: " || holdsToken(next, bound)",
    replace: "",
    by: ["m75_"],
  },
  {
    name: "follows redirects of a POST",
    file: `${oauth}/request.js`,
    find: 'if (method !== "GET" && method !== "HEAD")',
    replace: "if (false)",
    by: ["m57_"],
  },
  {
    name: "follows redirects for ever",
    file: `${oauth}/request.js`,
    find: "const mostRedirects = 5;",
    replace: "const mostRedirects = 50;",
    by: ["m56_"],
  },
  {
    name: "follows Location whatever the status",
    file: `${oauth}/request.js`,
    find: "if (![301, 302, 303, 307, 308].includes(answer.status) || !location)",
    replace: "if (!location)",
    by: ["m71_"],
  },
  {
    name: "takes a token in a URL",
    file: `${oauth}/request.js`,
    find: "if (holdsToken(target, bound))",
    replace: "if (false)",
    by: ["m04_"],
  },
  {
    name: "takes an escaped token in a URL",
    file: `${oauth}/request.js`,
    find: "(href.includes(token) || unescaped.includes(token))",
    replace: "href.includes(token)",
    by: ["m04_", "m75_"],
  },
  {
    name: "takes a refresh token in a URL",
    file: `${oauth}/request.js`,
    find: "[access_token, refresh_token].some(",
    replace: "[access_token].some(",
    by: ["m04_", "m75_"],
  },
  {
    name: "replays more than once",
    file: `${oauth}/request.js`,
    find: "if (answer.status === 401 && !asksForNonce(renewed.entry.token_set, answer))\n        noteRejected(context, renewed);",
    replace:
      "if (answer.status === 401)\n        return await sendAuthorized(context, request, target, await refreshAfter401(context, renewed));",
    by: ["m05_"],
  },
  {
    name: "sends a request again when the connection breaks",
    file: `${oauth}/request.js`,
    find: "throw transportError(context.module, error);",
    replace:
      'if (error.kind === "cut" && !request.again)\n            return await send(context, { ...request, again: true }, url, bound);\n        throw transportError(context.module, error);',
    by: ["m74_"],
  },
  {
    name: "shows echoed tokens",
    file: `${oauth}/redaction/engine.js`,
    find: "maskKnown(text, carried) {",
    replace: 'maskKnown(text, carried) {\n        if (text !== "")\n            return text;',
    by: ["m07_", "m69_"],
  },
  {
    name: "does not look for hex",
    file: `${oauth}/redaction/known-forms.js`,
    find: 'const hex = bytes.toString("hex");',
    replace: 'const hex = "";',
    by: ["m68_"],
  },
  {
    name: "does not look for base64 in the middle",
    file: `${oauth}/redaction/known-forms.js`,
    find: "for (const before of [0, 1, 2]) {",
    replace: "for (const before of [0]) {",
    by: ["m68_"],
  },
  {
    name: "decodes no answer",
    file: `${host}/content-coding.js`,
    find: 'if (name === "" || name === "identity" || body.length === 0)',
    replace: "if (true)",
    by: ["m69_"],
  },
  {
    name: "lets a script set cookies",
    file: `${oauth}/request-options.js`,
    find: "|cookie2?|",
    replace: "|",
    by: ["m08_"],
  },
  {
    name: "lets a script set a proof",
    file: `${oauth}/request-options.js`,
    find: ' || lower === "dpop"',
    replace: "",
    by: ["m08_"],
  },
  {
    name: "takes any method",
    file: `${oauth}/request-options.js`,
    find: "!/^[A-Za-z]{1,20}$/.test(method)",
    replace: "false",
    by: ["m59_"],
  },
  {
    name: "takes tunnels and mirrors",
    file: `${host}/request-head.js`,
    find: 'new Set(["CONNECT", "TRACE", "TRACK"])',
    replace: "new Set()",
    by: ["m59_", "m76_"],
  },
  {
    name: "takes any header value",
    file: `${oauth}/request-options.js`,
    find: "!/^[\\t -~\\u0080-\\u00ff]*$/.test(text)",
    replace: "false",
    by: ["m58_"],
  },
  {
    name: "takes any header name",
    file: `${oauth}/request-options.js`,
    find: "if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,128}$/.test(lower))",
    replace: "if (false)",
    by: ["m58_"],
  },
  {
    name: "takes a header twice",
    file: `${oauth}/request-options.js`,
    find: "if (lower in headers)",
    replace: "if (false)",
    by: ["m61_"],
  },
  {
    name: "lets scripts set Host",
    file: `${host}/request-head.js`,
    find: '"host",\n',
    replace: "",
    by: ["m76_"],
  },
  {
    name: "lets scripts frame messages",
    file: `${host}/request-head.js`,
    find: '"content-length",\n',
    replace: "",
    by: ["m76_"],
  },
  {
    name: "lets scripts upgrade the connection",
    file: `${host}/request-head.js`,
    find: '"http2-settings",\n',
    replace: "",
    by: ["m60_"],
  },
  {
    name: "lets scripts speak to proxies",
    file: `${host}/request-head.js`,
    find: ' || lower.startsWith("proxy-")',
    replace: "",
    by: ["m76_"],
  },
  {
    name: "takes addresses of two readings in plain requests",
    file: `${host}/destination.js`,
    find: "if (/[\\u0000-\\u001f\\u007f-\\u009f\\\\]|^\\s|\\s$/.test(text))",
    replace: "if (false)",
    by: ["m77_"],
  },
  {
    name: "takes hosts beyond ASCII in plain requests",
    file: `${host}/destination.js`,
    find: 'if (!/^[\\x21-\\x7e]+$/.test(authority) || authority.includes("%"))',
    replace: "if (false)",
    by: ["m77_"],
  },
  {
    name: "takes user information in plain requests",
    file: `${host}/destination.js`,
    find: 'if (authority.includes("@"))',
    replace: "if (false)",
    by: ["m77_"],
  },
  {
    name: "takes more bytes than it was told to",
    file: `${host}/exchange.js`,
    find: "if (size > maxBytes)",
    replace: "if (false)",
    by: ["m66_"],
  },
  {
    name: "counts bytes before they are decoded",
    file: `${host}/content-coding.js`,
    find: "if (size > maxBytes)",
    replace: "if (false)",
    by: ["m65_"],
  },
  {
    name: "forgets the caller's time limit",
    file: `${oauth}/request.js`,
    find: "timeoutMs: request.timeoutMs ?? context.timeoutMs ?? defaultTimeoutMs,",
    replace: "timeoutMs: context.timeoutMs ?? defaultTimeoutMs,",
    by: ["m67_"],
  },
  {
    name: "sleeps as long as it is told to",
    file: `${oauth}/retry-after.js`,
    find: "export const longestRetryAfter = 60;",
    replace: "export const longestRetryAfter = 1e12;",
    by: ["m70_"],
  },
  {
    name: "reads any number as a time",
    file: `${oauth}/retry-after.js`,
    find: "/^[0-9]+$/.test(text)",
    replace: 'Number.isFinite(Number(text)) && text !== ""',
    by: ["m70_"],
  },
  {
    name: "uses the proxy of the environment for APIs",
    file: `${host}/egress-options.js`,
    find: "proxy: proxy === undefined ? null : judgeProxy(proxy)",
    replace: 'proxy: process.env["ALL_PROXY"] ? judgeProxy(process.env["ALL_PROXY"]) : null',
    by: ["m62_"],
  },
  {
    name: "takes a switch of protocols of an API for a lost connection",
    file: `${host}/answer.js`,
    find: 'if (code === "UND_ERR_SOCKET" && error.message.startsWith("bad "))',
    replace: "if (false)",
    by: ["m72_"],
  },
];

export const attackMMutants: readonly Mutant[] = faults.map(({ by, ...fault }) => ({
  ...fault,
  rows: by.map((row) => `attacks/resource_requests/${row}`),
}));
