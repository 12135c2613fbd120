/**
 * Where our client and `openid-client` differ, and why. `oracle-requests.test.ts` and `oracle-answers.test.ts` hold both
 * clients to it, and `docs/openid-client.md` is written from it.
 */

import type { Verdict } from "./oracle-verdicts.test.support.ts";

export interface RequestDifference {
  readonly part: string;
  /** In which requests: their names, or one of {@link groups}. */
  readonly in: Group | readonly string[];
  /** Null: not sent. */
  readonly ours: string | null;
  readonly theirs: string | null;
  readonly why: string;
}

type Group = keyof typeof groups;

/** Which requests a word stands for. */
export const groups = {
  "every request": (name: string, _body: string): boolean => !isVisit(name),
  "every form": (name: string, body: string): boolean => !isVisit(name) && body !== "",
  "every code grant": (name: string, _body: string): boolean => name.startsWith("code grant"),
  "every authorization request": (name: string, _body: string): boolean =>
    name.startsWith("authorization request") || name.startsWith("push"),
} as const;

/** What the person's browser sends, and not the client. */
function isVisit(name: string): boolean {
  return name.startsWith("authorization request") || name.startsWith("redirect");
}

const random =
  "22 characters, as in Harn: the 128 random bits that RFC 6749 §10.10 asks for. Theirs has 256.";

export const requestDifferences: readonly RequestDifference[] = [
  {
    part: "header user-agent",
    in: "every request",
    ours: "holdfast",
    theirs: "openid-client/v6.8.9",
    why: "Each names itself; ours without its version, which is nobody's business.",
  },
  {
    part: "header accept-encoding",
    in: "every request",
    ours: "identity",
    theirs: "gzip, deflate",
    why: "Compressed answers are not asked for, so that the cap on an answer is a cap on memory.",
  },
  {
    part: "header accept-language",
    in: "every request",
    ours: null,
    theirs: "*",
    why: "The platform's `fetch` sends it; ours is not `fetch`.",
  },
  {
    part: "header sec-fetch-mode",
    in: "every request",
    ours: null,
    theirs: "cors",
    why: "The platform's `fetch` sends it; it means something in browsers only.",
  },
  {
    part: "header content-type",
    in: "every form",
    ours: "application/x-www-form-urlencoded",
    theirs: "application/x-www-form-urlencoded;charset=UTF-8",
    why: "The media type has no such parameter (RFC 6749 appendix B refers to its registration); some servers compare the text.",
  },
  {
    part: "a space in a parameter",
    in: [
      "authorization request (none)",
      "authorization request (client_secret_post)",
      "code grant (client_secret_post)",
      "authorization request (client_secret_basic)",
      "authorization request (private_key_jwt)",
      "authorization request with everything",
      "revocation of the refresh token",
      "revocation of the access token",
      "device authorization",
      "client credentials",
      "push",
      "authorization request with openid",
    ],
    ours: "%20",
    theirs: "+",
    why: "`%20` is a space by the rules of forms and by those of URLs; `+` by those of forms only.",
  },
  {
    part: "header authorization",
    in: [
      "code grant (client_secret_basic)",
      "code grant with everything",
      "refresh",
      "introspection",
      "device authorization",
      "device poll",
      "client credentials",
    ],
    ours: "Basic of app:a%3Ab%25c%20d%2Be",
    theirs: "Basic of app:a%3Ab%25c+d%2Be",
    why: "The secret is `a:b%c d+e`. Both encode it (RFC 6749 §2.3.1) and differ in the space, as above.",
  },
  {
    part: "parameter client_id",
    in: [
      "code grant (client_secret_basic)",
      "code grant with everything",
      "refresh",
      "introspection",
      "device poll",
      "client credentials",
    ],
    ours: "app",
    theirs: null,
    why: "The id is a parameter with every authentication method, as in Harn; it proves nothing, so it is no second authentication (RFC 6749 §2.3).",
  },
  {
    part: "parameter code_verifier",
    in: "every code grant",
    ours: "86 characters of base64url",
    theirs: "43 characters of base64url",
    why: "512 random bits instead of 256. RFC 7636 §4.1 allows 43 to 128 characters.",
  },
  {
    part: "parameter state",
    in: "every authorization request",
    ours: "22 characters of base64url",
    theirs: "43 characters of base64url",
    why: random,
  },
  {
    part: "parameter nonce",
    in: ["authorization request with everything", "push", "authorization request with openid"],
    ours: "22 characters of base64url",
    theirs: "43 characters of base64url",
    why: "As `state`. Ours goes with the scope `openid` always; theirs when the caller makes one.",
  },
  {
    part: "assertion claim jti",
    in: ["code grant (private_key_jwt)", "push"],
    ours: "22 characters of base64url",
    theirs: "43 characters of base64url",
    why: "As `state`: 128 random bits.",
  },
  {
    part: "assertion claim nbf",
    in: ["code grant (private_key_jwt)", "push"],
    ours: null,
    theirs: "iat + 0 s",
    why: "It may be left out (RFC 7523 §3), and with it a server whose clock is behind would refuse the assertion.",
  },
  {
    part: "proof claim jti",
    in: ["code grant with DPoP", "code grant with the nonce", "userinfo with DPoP"],
    ours: "22 characters of base64url",
    theirs: "43 characters of base64url",
    why: "As `state`: RFC 9449 §4.2 asks for at least 96 bits.",
  },
  {
    part: "proof",
    in: ["push with DPoP"],
    ours: null,
    theirs: "sent",
    why: "RFC 9449 §10.1 lets a client bind the code by a proof on the pushed request or by `dpop_jkt`; ours does the same with and without a push.",
  },
  {
    part: "parameter dpop_jkt",
    in: ["push with DPoP"],
    ours: "43 characters of base64url",
    theirs: null,
    why: "The other half of the row above.",
  },
  {
    part: "proof claim nonce",
    in: ["userinfo with DPoP"],
    ours: '"nonce-of-the-server"',
    theirs: null,
    why: "Ours remembers an origin's nonce for all clients of a run, theirs for one key. It saves a refused request.",
  },
  {
    part: "parameter token_type_hint",
    in: ["revocation of the refresh token"],
    ours: "refresh_token",
    theirs: null,
    why: "We know what we send, and the server finds it faster (RFC 7009 §2.1). Theirs leaves it to the caller.",
  },
  {
    part: "parameter token_type_hint",
    in: ["revocation of the access token", "introspection"],
    ours: "access_token",
    theirs: null,
    why: "As above (RFC 7662 §2.1).",
  },
  {
    part: "header accept",
    in: ["revocation of the refresh token", "revocation of the access token"],
    ours: "application/json",
    theirs: "*/*",
    why: "An answer that says no is JSON (RFC 7009 §2.2.1).",
  },
  {
    part: "header accept",
    in: ["userinfo", "userinfo with DPoP"],
    ours: "application/json",
    theirs: "application/json, application/jwt",
    why: "Signed UserInfo answers are not read: the answer comes over TLS from the place that the record names.",
  },
  {
    part: "header accept",
    in: ["keys of the issuer"],
    ours: "application/jwk-set+json, application/json",
    theirs: "application/json, application/jwk-set+json",
    why: "The same two types; without weights their order says nothing.",
  },
  {
    part: "path",
    in: ["discovery"],
    ours: "/.well-known/oauth-authorization-server",
    theirs: "/.well-known/openid-configuration",
    why: "OAuth's own place (RFC 8414 §3) comes first. Theirs asks OpenID Connect's unless the caller says otherwise.",
  },
  {
    part: "request",
    in: ["discovery after 404"],
    ours: "/.well-known/openid-configuration",
    theirs: null,
    why: "The second place, asked only after a 404 at the first.",
  },
];

export interface AnswerDifference {
  /** As in `oracle-answers.test.support.ts`. */
  readonly what: string;
  readonly ours: Verdict;
  readonly why: string;
}

const strict = (what: string, why: string): AnswerDifference => ({ what, ours: "refuses", why });
const lenient = (what: string, why: string): AnswerDifference => ({ what, ours: "accepts", why });

const type =
  "RFC 6749 §5.1: the answer is `application/json`. A page that shows what someone else wrote could pass for one otherwise.";
const header = "It would stand in a header as it is, or be trimmed there and differ from what is stored.";
const lifetime =
  "A lifetime is a number of whole seconds. Guessing at others ends in tokens that never end, or always have.";
const json = "Two readers of such JSON can see two different answers (RFC 8259 §4, §8.1).";

export const answerDifferences: readonly AnswerDifference[] = [
  strict("a body of 2 MiB", "Answers end at 1 MiB; no token response needs a hundredth of that."),
  strict("2 MiB in 3 KB of gzip", "Compression was not asked for."),
  strict("text/html", type),
  strict("text/plain", type),
  strict("no content type", type),
  strict("another JSON type", type),
  strict("CR and LF in the access_token", header),
  strict(
    "a space in the access_token",
    "RFC 6750 §2.1: no space in a Bearer token. The header would read as two values.",
  ),
  strict("a newline after the access_token", header),
  strict("an access_token of 100 KB", "Tokens end at 64 KiB; servers refuse headers far below that."),
  strict("token_type DPoP without a proof", "No key was proven, so nobody can prove it later (RFC 9449 §5)."),
  strict("expires_in 0.5", lifetime),
  strict('expires_in "3600abc"', lifetime),
  strict('expires_in "0x10"', lifetime),
  strict("expires_in in a list", lifetime),
  strict(
    "the refresh_token is the access_token",
    "Every API that sees the access token would hold the refresh token.",
  ),
  strict("a newline after the refresh_token", header),
  strict("a scope with control characters", "RFC 6749 §3.3 has none, and scopes are shown to people."),
  strict("the access_token twice", json),
  strict("bytes that are not UTF-8", json),
  strict("a byte order mark", json),
  strict("100,000 lists in one another", "Nesting ends at 32; deeper answers only cost memory."),
  strict(
    "200 with an error and an access_token",
    "An answer that says no is no grant, whatever else it says.",
  ),
  lenient("no token_type", "Several vendors leave it out; it counts as Bearer, as in Harn."),
  lenient(
    "an id_token that is no JWT",
    "Without the scope `openid` none was asked for, and it is not read at the login. `id_token_claims` refuses it.",
  ),
];

/** What both accept; they refuse everything else that is not in {@link answerDifferences}. */
export const acceptedByBoth: readonly string[] = [
  "a JSON type with a charset",
  "a cookie",
  "token_type BEARER",
  "expires_in 0",
  "expires_in in digits, as text",
  "expires_in of 300,000 years",
  "no expires_in",
  "a scope wider than asked",
  "a scope narrower than asked",
  "no scope",
  "a member __proto__",
  "members then, toJSON and toString",
  "10,000 more members",
  "authorization_details that are no list",
];
