/**
 * Credentials whose form is a standard's, not a vendor's.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import { alphanumeric, base58, base64, base64url, bech32, encodedBase64, lowerHex } from "./alphabets.ts";

const cryptAlphabet = "./A-Za-z0-9";
const beginningsOfKeys = ["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "PGP "].map((kind) =>
  encodedBeginning(`-----BEGIN ${kind}PRIVATE KEY`),
);
const beginningsOfJwts = ["alg", "typ", "kid", "enc", "cty"].map((member) =>
  encodedBeginning(encodedBeginning(`{"${member}":`)),
);
const beginningsOfAssertions = ["<samlp:Response", "<saml2p:Response", "<saml:Assertion", "<saml2:Assertion"];

/** The base64 of whatever begins with a text: the characters that depend on that text only. */
function encodedBeginning(text: string): string {
  return btoa(text).slice(0, Math.floor((text.length * 4) / 3));
}

/** Formats of RFCs and of other standards. */
export const standardFormats: readonly TokenFamily[] = [
  { name: "jwt", special: "jwt", shapes: [], confidence: "high", since: null, source: "RFC 7519" },
  {
    name: "private_key_block",
    special: "private-key",
    shapes: [],
    confidence: "high",
    since: null,
    source: "RFC 7468",
  },
  {
    name: "encoded_private_key",
    confidence: "high",
    since: null,
    source: "RFC 7468",
    shapes: [
      {
        literals: beginningsOfKeys,
        guard: "none",
        least: [{ of: base64, length: 40 }],
        body: `${base64}=`,
      },
    ],
  },
  {
    name: "encoded_jwt",
    confidence: "high",
    since: null,
    source: "RFC 7519",
    shapes: [
      {
        literals: beginningsOfJwts,
        guard: "none",
        least: [{ of: base64, length: 60 }],
        body: encodedBase64,
      },
    ],
  },
  {
    name: "saml_response",
    confidence: "high",
    since: null,
    source: "RFC 7522",
    shapes: [
      {
        literals: beginningsOfAssertions.map(encodedBeginning),
        guard: "none",
        least: [{ of: encodedBase64, length: 60 }],
        body: encodedBase64,
      },
    ],
  },
  {
    name: "secret_token_uri",
    confidence: "high",
    since: "2021-01-01",
    source: "RFC 8959",
    shapes: [
      {
        literals: ["secret-token:"],
        guard: "none",
        least: [{ of: "A-Za-z0-9._~%-", length: 16 }],
        body: "A-Za-z0-9._~%:@!$&'()*+,;=/-",
        trimDots: true,
      },
    ],
  },
  {
    name: "webhook_secret",
    confidence: "high",
    since: null,
    source: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    shapes: [
      {
        literals: ["whsec_", "whsk_"],
        guard: "none",
        least: [{ of: base64, length: 24 }],
        body: `${base64}=_-`,
      },
    ],
  },
  {
    name: "presigned_url_signature",
    confidence: "high",
    since: null,
    source: "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html",
    shapes: [
      {
        literals: ["x-amz-signature=", "x-goog-signature="],
        ignoreCase: true,
        guard: "none",
        least: [{ of: lowerHex, length: 64 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "age_secret_key",
    confidence: "high",
    since: null,
    source: "https://github.com/C2SP/C2SP/blob/main/age.md",
    shapes: [
      {
        literals: ["AGE-SECRET-KEY-"],
        guard: "none",
        least: [{ of: "A-Z0-9-", length: 50 }],
        body: "A-Z0-9-",
      },
    ],
  },
  {
    name: "nostr_secret_key",
    confidence: "high",
    since: null,
    source: "https://github.com/nostr-protocol/nips/blob/master/19.md",
    shapes: [{ literals: ["nsec1"], guard: "none", least: [{ of: bech32, length: 58 }], body: bech32 }],
  },
  {
    name: "extended_private_key",
    confidence: "high",
    since: null,
    source: "https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki",
    shapes: [
      {
        literals: ["xprv", "yprv", "zprv", "tprv"],
        guard: "none",
        least: [{ of: base58, length: 100 }],
        body: base58,
      },
    ],
  },
  {
    name: "fernet_token",
    confidence: "high",
    since: null,
    source: "https://github.com/fernet/spec/blob/master/Spec.md",
    shapes: [
      {
        // Version 0x80, then 64 bits of time: the seconds of the years 2021 to 2029 begin with 0x6.
        literals: ["gAAAAAB"],
        guard: "none",
        least: [
          { of: "g-v", length: 1 },
          { of: base64url, length: 90 },
        ],
        body: `=${base64url}`,
      },
    ],
  },
  {
    name: "aspnet_protected_data",
    confidence: "high",
    since: null,
    source: "https://learn.microsoft.com/en-us/aspnet/core/security/data-protection/",
    shapes: [
      {
        literals: ["CfDJ8"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 60 }],
        body: base64url,
      },
    ],
  },
  {
    name: "password_hash",
    confidence: "high",
    since: null,
    source: "https://man7.org/linux/man-pages/man5/crypt.5.html",
    shapes: [
      {
        literals: ["$2a$", "$2b$", "$2y$"],
        guard: "none",
        least: [{ of: "0-9", length: 2 }, "$", { of: cryptAlphabet, length: 53 }],
        body: `$${cryptAlphabet}`,
        trimDots: true,
      },
      {
        literals: ["$argon2id$", "$argon2i$", "$argon2d$", "$scrypt$", "$pbkdf2-sha256$", "$pbkdf2-sha512$"],
        guard: "none",
        least: [{ of: "A-Za-z0-9+/=,$._-", length: 40 }],
        body: "A-Za-z0-9+/=,$._-",
        trimDots: true,
      },
      {
        literals: ["$1$"],
        guard: "none",
        least: [{ of: cryptAlphabet, length: 8 }, "$", { of: cryptAlphabet, length: 22 }],
        body: `$${cryptAlphabet}`,
        trimDots: true,
      },
      {
        literals: ["$8$", "$9$"],
        guard: "none",
        least: [{ of: cryptAlphabet, length: 14 }, "$", { of: cryptAlphabet, length: 43 }],
        body: `$${cryptAlphabet}`,
        trimDots: true,
      },
      {
        literals: ["$5$", "$6$", "$y$", "$apr1$"],
        guard: "none",
        least: [{ of: "A-Za-z0-9./=$", length: 40 }],
        body: "A-Za-z0-9./=$",
        trimDots: true,
      },
    ],
  },
];

/** Last of all: what only a name in front of it makes a secret. */
export const guesses: readonly TokenFamily[] = [
  {
    name: "bearer_token",
    special: "bearer",
    shapes: [],
    confidence: "heuristic",
    since: null,
    source: "RFC 6750",
  },
  {
    name: "basic_credentials",
    special: "basic",
    shapes: [],
    confidence: "heuristic",
    since: null,
    source: "RFC 7617",
  },
  {
    name: "sensitive_assignment",
    special: "assignment",
    shapes: [],
    confidence: "heuristic",
    since: null,
    source: "https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml",
  },
];
