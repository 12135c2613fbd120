/**
 * Writes `docs/openid-client.md`. `oracle-page.test.ts` fails when the page is not what this makes.
 *
 *     node dist/conformance/oracle-page.test.support.js
 */

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { answers } from "./oracle-answers.test.support.ts";
import {
  acceptedByBoth,
  type AnswerDifference,
  answerDifferences,
  type RequestDifference,
  requestDifferences,
} from "./oracle-differences.test.support.ts";

/** The page's path. */
export const openidClientPage: string = fileURLToPath(
  new URL("../../docs/openid-client.md", import.meta.url),
);

/** The page's text. */
export function openidClientText(): string {
  const strict = answerDifferences.filter(({ ours }) => ours === "refuses");
  const lenient = answerDifferences.filter(({ ours }) => ours === "accepts");
  return `# What differs from openid-client, and why

\`openid-client\` 6.8.9 is the client that most of Node's OpenID Connect runs on, so it is what we compare ourselves with. The tests give both clients the same configuration and one server,
make every kind of request with both, and compare method, path, headers and every parameter; then they show both the same token responses. What they find is exactly
what stands here: a new difference fails them, and so does a row that is no longer true.

Generated from \`conformance/oracle-differences.test.support.ts\` by \`node dist/conformance/oracle-page.test.support.js\`.

## Requests

Compared: the authorization request plain, pushed (RFC 9126) and with a resource and an audience; the code grant with each way to authenticate a client; refresh, revocation,
introspection, UserInfo, device authorization and polling, client credentials, DPoP with nonces, the issuer's keys, discovery. Everything not listed is equal.
A dash means: not sent.

| what | in | ours | openid-client's | why |
|---|---|---|---|---|
${requestDifferences.map(requestRow).join("\n")}

Beside the wire: ours makes, keeps and checks verifier, \`state\` and \`nonce\` itself; openid-client leaves making and passing them to its caller. Both check \`iss\` (RFC 9207).

## Answers

${answers.length} token responses to a code grant, most of them hostile or careless. Both clients refuse ${answers.length - answerDifferences.length - acceptedByBoth.length} of them and accept ${acceptedByBoth.length}:
${acceptedByBoth.join("; ")}. They differ on ${answerDifferences.length}.

### Ours refuses, openid-client accepts

| the answer | why |
|---|---|
${strict.map(answerRow).join("\n")}

### Ours accepts, openid-client refuses

| the answer | why |
|---|---|
${lenient.map(answerRow).join("\n")}
`;
}

function requestRow({ part, in: where, ours, theirs, why }: RequestDifference): string {
  const places = typeof where === "string" ? where : where.join(", ");
  return `| ${part} | ${places} | ${shown(ours)} | ${shown(theirs)} | ${why} |`;
}

function answerRow({ what, why }: AnswerDifference): string {
  return `| ${what} | ${why} |`;
}

function shown(value: string | null): string {
  return value === null ? "–" : `\`${value}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(openidClientPage, openidClientText());
