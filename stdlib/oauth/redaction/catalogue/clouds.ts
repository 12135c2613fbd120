/**
 * Clouds. Microsoft's are in a file of their own.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import {
  alphanumeric,
  base64,
  base64url,
  dotted,
  encodedBase64,
  lowerAlphanumeric,
  lowerHex,
  upperAlphanumeric,
  uuid,
} from "./alphabets.ts";

/** Keys and tokens of the large clouds. */
export const clouds: readonly TokenFamily[] = [
  {
    name: "aws_access_key",
    confidence: "high",
    since: null,
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html",
    shapes: [
      {
        literals: [
          "AKIA",
          "ASIA",
          "ABIA",
          "ACCA",
          "AGPA",
          "AIDA",
          "AIPA",
          "ANPA",
          "ANVA",
          "APKA",
          "AROA",
          "ASCA",
        ],
        guard: "alphanumeric",
        least: [{ of: upperAlphanumeric, length: 16 }],
        body: upperAlphanumeric,
      },
      {
        literals: ["A3T"],
        guard: "alphanumeric",
        least: [{ of: upperAlphanumeric, length: 17 }],
        body: upperAlphanumeric,
      },
    ],
  },
  {
    name: "aws_session_token",
    confidence: "high",
    since: null,
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html",
    shapes: [
      {
        literals: ["IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz", "FQoDYXdz", "AQoDYXdz", "AgoJb3JpZ2lu"],
        guard: "none",
        least: [{ of: encodedBase64, length: 60 }],
        body: encodedBase64,
      },
    ],
  },
  {
    name: "aws_bedrock_key",
    confidence: "high",
    since: "2025-07-08",
    source: "https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html",
    shapes: [
      {
        literals: ["ABSK"],
        guard: "alphanumeric",
        least: [{ of: base64, length: 100 }],
        body: `${base64}=`,
      },
      {
        literals: ["bedrock-api-key-"],
        guard: "none",
        least: [{ of: base64, length: 24 }],
        body: encodedBase64,
      },
    ],
  },
  {
    name: "aws_appsync_key",
    confidence: "high",
    since: null,
    source: "https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html",
    shapes: [
      {
        literals: ["da2-"],
        guard: "alphanumeric",
        least: [{ of: lowerAlphanumeric, length: 26 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "amazon_login_token",
    confidence: "high",
    since: null,
    source: "https://developer.amazon.com/docs/login-with-amazon/authorization-code-grant.html",
    shapes: [
      {
        literals: ["Atza|", "Atzr|", "Atza%7C", "Atzr%7C"],
        guard: "none",
        least: [{ of: encodedBase64, length: 60 }],
        body: encodedBase64,
      },
      {
        literals: ["amzn1.oa2-cs.v1."],
        guard: "none",
        least: [{ of: lowerHex, length: 64 }],
        body: alphanumeric,
      },
      { literals: ["amzn.mws."], guard: "none", least: uuid, body: base64url },
    ],
  },
  {
    name: "google_api_key",
    confidence: "high",
    since: "2026-06-19",
    source: "https://ai.google.dev/gemini-api/docs/api-key",
    shapes: [
      {
        literals: ["AIza"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 35 }],
        body: base64url,
      },
      {
        literals: ["AQ.Ab"],
        guard: "none",
        least: [{ of: base64url, length: 40 }],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "google_oauth_token",
    confidence: "high",
    since: null,
    source: "https://developers.google.com/identity/protocols/oauth2",
    shapes: [
      {
        literals: ["ya29."],
        guard: "none",
        least: [{ of: base64url, length: 30 }],
        body: dotted,
        trimDots: true,
      },
      {
        literals: ["1//0", "1%2F%2F0"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 30 }],
        body: base64url,
      },
      {
        literals: ["4/0A", "4%2F0A"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 40 }],
        body: base64url,
      },
    ],
  },
  {
    name: "google_client_secret",
    confidence: "high",
    since: null,
    source: "https://support.google.com/cloud/answer/15549257",
    shapes: [
      { literals: ["GOCSPX-"], guard: "none", least: [{ of: base64url, length: 24 }], body: base64url },
    ],
  },
  {
    name: "firebase_messaging_key",
    confidence: "high",
    since: null,
    source: "https://firebase.google.com/docs/cloud-messaging/auth-server",
    shapes: [
      {
        literals: [":APA91b"],
        guard: "none",
        before: { of: base64url, min: 11, max: 32 },
        least: [{ of: base64url, length: 100 }],
        body: base64url,
      },
    ],
  },
  {
    name: "alibaba_access_key",
    confidence: "high",
    since: null,
    source: "https://www.alibabacloud.com/help/en/ram/user-guide/create-an-accesskey-pair",
    shapes: [
      {
        literals: ["LTAI"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 16 }],
        body: alphanumeric,
      },
      {
        literals: ["STS.N"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 20 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "tencent_secret_id",
    confidence: "high",
    since: null,
    source: "https://www.tencentcloud.com/document/product/598/32675",
    shapes: [
      {
        literals: ["AKID"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 32 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "volcengine_access_key",
    confidence: "high",
    since: null,
    source: "https://www.volcengine.com/docs/6291/65568",
    shapes: [
      {
        literals: ["AKLT"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 40 }],
        body: `=${base64url}`,
      },
    ],
  },
  {
    name: "baidu_key",
    confidence: "high",
    since: null,
    source: "https://cloud.baidu.com/doc/qianfan-api/s/ym9chdsy5",
    shapes: [
      {
        literals: ["bce-v3/ALTAK-"],
        guard: "none",
        least: [{ of: alphanumeric, length: 16 }],
        body: `/${base64url}`,
      },
    ],
  },
  {
    name: "yandex_token",
    confidence: "high",
    since: null,
    source: "https://yandex.cloud/en/docs/security/operations/search-secrets",
    shapes: [
      {
        literals: ["y0_", "y1_", "y2_", "y3_"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 50 }],
        body: base64url,
      },
      {
        literals: ["t1.9euel"],
        guard: "none",
        least: [{ of: base64url, length: 60 }],
        body: `=${dotted}`,
        trimDots: true,
      },
      {
        literals: ["AQVN"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 35 }],
        body: base64url,
      },
    ],
  },
];
