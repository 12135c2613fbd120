/**
 * Faults that rows of group C of the attack table catch: the token endpoint's transport.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

const host = "runtime/host";
const oauth = "stdlib/oauth";

/** The rows, as in `["c06_"]`, that must catch it. */
type Fault = Omit<Mutant, "rows"> & { readonly by: readonly string[] };

const faults: readonly Fault[] = [
  {
    name: "follows redirects of an endpoint",
    file: `${oauth}/transport.js`,
    find: "return { ok: true, answer };",
    replace:
      "const { location } = answer.headers;\n        if (location)\n            return await send(context, { ...call, url: new URL(location, url).href });\n        return { ok: true, answer };",
    by: ["c02_", "c03_", "c04_", "c67_"],
  },
  {
    name: "reads a token response whatever its status",
    file: `${oauth}/token-response.js`,
    find: "if (!rules.success_statuses.includes(status)) {",
    replace: "if (status >= 400) {",
    by: ["c13_"],
  },
  {
    name: "reads the body of a redirect",
    file: `${oauth}/token-response.js`,
    find: "if (status >= 300 && status < 400)",
    replace: "if (false)",
    by: ["c04_"],
  },
  {
    name: "takes any content type",
    file: `${oauth}/token-response.js`,
    find: 'if (!form && media !== "application/json")',
    replace: "if (false)",
    by: ["c11_", "c62_"],
  },
  {
    name: "takes types that begin like JSON",
    file: `${oauth}/token-response.js`,
    find: 'if (!form && media !== "application/json")',
    replace: 'if (!form && !media.startsWith("application/json"))',
    by: ["c62_"],
  },
  {
    name: "reads forms from every provider",
    file: `${oauth}/token-response.js`,
    find: 'media === "application/x-www-form-urlencoded" && rules.format === "json_or_form"',
    replace: 'media === "application/x-www-form-urlencoded"',
    by: ["c12_"],
  },
  {
    name: "reads the whole of a large token response",
    file: `${oauth}/transport.js`,
    find: "maxBytes: tokenResponseLimits.maxBytes,",
    replace: "maxBytes: 64 * tokenResponseLimits.maxBytes,",
    by: ["c07_", "c08_", "c58_", "c70_"],
  },
  {
    name: "has no time limit of its own",
    file: `${host}/egress.js`,
    find: "Math.min(wanted.timeoutMs, limits.totalMs)",
    replace: "wanted.timeoutMs",
    by: ["c05_", "c06_"],
  },
  {
    name: "waits for the first byte as long as for all",
    file: `${host}/silence.js`,
    find: "(hasBegun ? idleMs : firstByteMs)",
    replace: "(hasBegun ? idleMs : 60_000)",
    by: ["c53_"],
  },
  {
    name: "does not notice silence within an answer",
    file: `${host}/silence.js`,
    find: "(hasBegun ? idleMs : firstByteMs)",
    replace: "(hasBegun ? 60_000 : firstByteMs)",
    by: ["c51_"],
  },
  {
    name: "stops the clock at the head",
    file: `${host}/exchange.js`,
    find: "headers = collectFields(list);",
    replace: "headers = collectFields(list);\n                cutoff.clear();",
    by: ["c06_"],
  },
  {
    name: "presents a refresh token twice",
    file: `${oauth}/refresh-profile.js`,
    find: 'if (reuse === "strict")',
    replace: "if (false)",
    by: ["c10_"],
  },
  {
    name: "opens an attempt again after a lost answer",
    file: `${oauth}/exchange.js`,
    find: 'if (result.outcome === "not_sent")',
    replace: "if (true)",
    by: ["c50_"],
  },
  {
    name: "loses the attempt with the connection",
    file: `${oauth}/exchange.js`,
    find: "attempts.reopen(attempt);",
    replace: "",
    by: ["c65_"],
  },
  {
    name: "takes a cut answer for a whole one",
    file: `${host}/exchange.js`,
    find: "fail(classifyFault(error, sent));\n            },",
    replace:
      "if (status !== 0) {\n                    finish();\n                    resolve({ status, headers, body: joined(chunks, size) });\n                }\n                fail(classifyFault(error, sent));\n            },",
    by: ["c09_"],
  },
  {
    name: "takes two lengths for a lost connection",
    file: `${host}/answer.js`,
    find: 'if (code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH")',
    replace: "if (false)",
    by: ["c54_"],
  },
  {
    name: "takes a switch of protocols for a lost connection",
    file: `${host}/answer.js`,
    find: 'if (code === "UND_ERR_SOCKET" && error.message.startsWith("bad "))',
    replace: "if (false)",
    by: ["c61_"],
  },
  {
    name: "takes what is no HTTP for a lost connection",
    file: `${host}/answer.js`,
    find: 'error.message.includes("EOF") ? "cut" : "malformed"',
    replace: '"cut"',
    by: ["c55_", "c60_", "c63_"],
  },
  {
    name: "takes any head",
    file: `${host}/connections.js`,
    find: "maxHeaderSize: limits.responseHead + 1",
    replace: "maxHeaderSize: 1_048_576",
    by: ["c14_"],
  },
  {
    name: "takes any number of fields",
    file: `${host}/exchange.js`,
    find: "if (fieldCount > limits.responseFields) {",
    replace: "if (false) {",
    by: ["c14_", "c71_"],
  },
  {
    name: "does not count interim answers",
    file: `${host}/exchange.js`,
    find: "(code < 200 ? 1 : 0)",
    replace: "0",
    by: ["c71_"],
  },
  {
    name: "passes unknown encodings on",
    file: `${host}/content-coding.js`,
    find: "if (decoder === null)",
    replace: "if (decoder === null)\n        return { ok: true, body };\n    if (false)",
    by: ["c56_"],
  },
  {
    name: "passes a body on that does not decode",
    file: `${host}/content-coding.js`,
    find: 'return { ok: false, kind: "malformed", reason: "coding_broken" };',
    replace: "return { ok: true, body };",
    by: ["c57_"],
  },
  {
    name: "asks for encodings",
    file: `${host}/admission.js`,
    find: 'fields.set("accept-encoding", "identity");',
    replace: 'fields.set("accept-encoding", "gzip, br");',
    by: ["c08_"],
  },
  {
    name: "verifies no certificate",
    file: `${host}/connector.js`,
    find: "rejectUnauthorized: true,",
    replace: "rejectUnauthorized: false,",
    by: ["c17_"],
  },
  {
    name: "lets the environment switch verification off",
    file: `${host}/connector.js`,
    find: "rejectUnauthorized: true,",
    replace: 'rejectUnauthorized: process.env["NODE_TLS_REJECT_UNAUTHORIZED"] !== "0",',
    by: ["c18_"],
  },
  {
    name: "speaks TLS 1.1",
    file: `${host}/certificates.js`,
    find: "minVersion: minTlsVersion, ca:",
    replace: 'minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0", ca:',
    by: ["c17_"],
  },
  {
    name: "uses the proxy of the environment",
    file: `${host}/egress-options.js`,
    find: "proxy: proxy === undefined ? null : judgeProxy(proxy)",
    replace: 'proxy: process.env["HTTPS_PROXY"] ? judgeProxy(process.env["HTTPS_PROXY"]) : null',
    by: ["c19_"],
  },
  {
    name: "joins id and secret as they are",
    file: `${oauth}/client-authentication.js`,
    find: "`${percentEncode(client_id)}:${percentEncode(client_secret)}`",
    replace: "`${client_id}:${client_secret}`",
    by: ["c20_"],
  },
  {
    name: "reads invalid UTF-8",
    file: `${oauth}/strict-json.js`,
    find: "fatal: true",
    replace: "fatal: false",
    by: ["c69_"],
  },
];

export const attackCMutants: readonly Mutant[] = faults.map(({ by, ...fault }) => ({
  ...fault,
  rows: by.map((row) => `attacks/token_transport/${row}`),
}));
