/**
 * Microsoft's clouds. Facts: https://github.com/microsoft/security-utilities.
 *
 * @module
 */

import type { TokenFamily, TokenShape } from "../token-shape.ts";
import { alphanumeric, base64, base64url, dotted } from "./alphabets.ts";

const securityUtilities = "https://github.com/microsoft/security-utilities";
const entraSecret = "A-Za-z0-9_.~-";
const oneByte = "AQgw";
const dashed = "A-Za-z0-9-";

/** Base64 of 32 bytes with a signature near the end: 33 characters, signature, 6 characters, padding. */
const keyOf32Bytes = (...literals: readonly string[]): TokenShape => ({
  literals,
  guard: "alphanumeric",
  before: { of: base64, min: 33, max: 33 },
  least: [{ of: "A-P", length: 1 }, { of: base64, length: 5 }, "="],
  body: `${base64}=`,
});

/** Base64 of 64 bytes: 76 characters, signature, 6 characters, padding. */
const keyOf64Bytes = (...literals: readonly string[]): TokenShape => ({
  literals,
  guard: "alphanumeric",
  before: { of: base64, min: 76, max: 76 },
  least: [{ of: base64, length: 5 }, { of: oneByte, length: 1 }, "=="],
  body: `${base64}=`,
});

/** The address of a channel: of a group and a tenant with an `@` between, however that is written. */
const teamsWebhook = (at: string): TokenShape => ({
  literals: [".webhook.office.com/webhookb2/", "outlook.office.com/webhook/"],
  guard: "none",
  least: [
    { of: dashed, length: 36 },
    at,
    { of: dashed, length: 36 },
    "/IncomingWebhook/",
    { of: alphanumeric, length: 32 },
  ],
  body: "0-9A-Za-z%@/_-",
});

/** Keys, secrets and tokens of Azure, of Entra and of the services around them. */
export const microsoft: readonly TokenFamily[] = [
  {
    name: "azure_client_secret",
    confidence: "high",
    since: null,
    source: securityUtilities,
    shapes: [
      {
        literals: ["0Q~", "1Q~", "2Q~", "3Q~", "4Q~", "5Q~", "6Q~", "7Q~", "8Q~", "9Q~"],
        guard: "none",
        before: { of: entraSecret, min: 3, max: 3 },
        least: [{ of: entraSecret, length: 31 }],
        body: entraSecret,
        trimDots: true,
      },
    ],
  },
  {
    name: "azure_refresh_token",
    confidence: "high",
    since: null,
    source: "https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens",
    shapes: [
      {
        literals: ["0.A", "1.A"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 50 }],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "azure_annotated_key",
    confidence: "high",
    since: null,
    source: securityUtilities,
    shapes: [
      {
        // 52 random characters, the signature, a date, what the service says about itself, a checksum.
        literals: ["JQQJ9"],
        guard: "none",
        before: { of: alphanumeric, min: 52, max: 52 },
        least: [
          { of: alphanumeric, length: 2 },
          { of: "A-L", length: 1 },
          { of: alphanumeric, length: 16 },
          { of: "A-Za-z", length: 1 },
          { of: alphanumeric, length: 7 },
        ],
        body: `${alphanumeric}=`,
      },
    ],
  },
  {
    name: "azure_service_key",
    confidence: "high",
    since: null,
    source: securityUtilities,
    shapes: [
      keyOf32Bytes("AzCa", "+ASb", "+AEh", "+ARm", "AIoT", "AZEG"),
      {
        literals: ["+ACR"],
        guard: "alphanumeric",
        before: { of: base64, min: 42, max: 42 },
        least: [
          { of: "A-D", length: 1 },
          { of: base64, length: 5 },
        ],
        body: `${base64}=`,
      },
      {
        literals: ["AzSe"],
        guard: "alphanumeric",
        before: { of: alphanumeric, min: 42, max: 42 },
        least: [
          { of: "A-D", length: 1 },
          { of: alphanumeric, length: 5 },
        ],
        body: alphanumeric,
      },
      {
        literals: ["AzFu"],
        guard: "alphanumeric",
        before: { of: base64url, min: 44, max: 44 },
        least: [{ of: base64url, length: 5 }, { of: oneByte, length: 1 }, "=="],
        body: `=${base64url}`,
      },
    ],
  },
  {
    name: "azure_storage_key",
    confidence: "high",
    since: null,
    source: "https://learn.microsoft.com/en-us/azure/storage/common/storage-account-keys-manage",
    shapes: [keyOf64Bytes("+ASt", "ACDb", "+ABa", "+AMC", "APIM")],
  },
  {
    name: "azure_connection_string",
    confidence: "high",
    since: null,
    source: "https://learn.microsoft.com/en-us/azure/storage/common/storage-configure-connection-string",
    shapes: [
      {
        // The part of the string that is the key. Its value is base64 of 32 or 64 bytes.
        literals: ["AccountKey=", "SharedAccessKey=", "SharedSecretValue="],
        guard: "none",
        least: [{ of: base64, length: 40 }],
        body: `${base64}=`,
      },
      {
        literals: [".azconfig.io;Id="],
        guard: "none",
        least: [{ of: "A-Za-z0-9+/:;=-", length: 48 }],
        body: "A-Za-z0-9+/:;=-",
      },
    ],
  },
  {
    name: "azure_sas",
    confidence: "high",
    since: null,
    source: "https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas",
    shapes: [
      {
        literals: ["sig="],
        guard: "alphanumeric",
        least: [{ of: "A-Za-z0-9%+/", length: 43 }],
        body: "A-Za-z0-9%+/=_-",
      },
    ],
  },
  {
    name: "teams_webhook",
    confidence: "high",
    since: null,
    source: "https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/",
    shapes: ["@", "%40", "%2540"].map(teamsWebhook),
  },
];
