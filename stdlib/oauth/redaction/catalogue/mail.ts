/**
 * Mail, telephone and push messages.
 *
 * @module
 */

import type { TokenFamily } from "../token-shape.ts";
import {
  alphanumeric,
  base64,
  base64url,
  digits,
  dotted,
  hex,
  likeUuid,
  lowerHex,
  upperAlphanumeric,
  word,
} from "./alphabets.ts";

/** Keys for sending messages. */
export const mail: readonly TokenFamily[] = [
  {
    name: "sendgrid_key",
    confidence: "high",
    since: null,
    source: "https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys",
    shapes: [
      {
        literals: ["SG."],
        guard: "none",
        least: [{ of: base64url, length: 22 }, ".", { of: base64url, length: 32 }],
        body: dotted,
        trimDots: true,
      },
      {
        literals: ["SG."],
        guard: "alphanumeric",
        least: [
          { of: base64url, length: 20 },
          { of: dotted, length: 42 },
        ],
        body: dotted,
        trimDots: true,
      },
    ],
  },
  {
    name: "twilio_key",
    confidence: "high",
    since: null,
    source: "https://www.twilio.com/docs/iam/api-keys",
    shapes: [
      {
        literals: Array.from("0123456789abcdef", (digit) => `SK${digit}`),
        guard: "alphanumeric",
        least: [{ of: lowerHex, length: 31 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "mailgun_key",
    confidence: "high",
    since: null,
    source: "https://documentation.mailgun.com/docs/mailgun/api-reference/mg-auth",
    shapes: [
      {
        literals: ["key-", "pubkey-"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 32 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "mailchimp_key",
    confidence: "high",
    since: null,
    source: "https://mailchimp.com/developer/marketing/guides/quick-start/",
    shapes: [
      {
        literals: Array.from("123456789", (digit) => `-us${digit}`),
        guard: "alphanumeric",
        before: { of: lowerHex, min: 32, max: 32 },
        least: [],
        body: digits,
      },
    ],
  },
  {
    name: "mailersend_token",
    confidence: "high",
    since: null,
    source: "https://www.mailersend.com/help/managing-api-tokens",
    shapes: [
      { literals: ["mlsn."], guard: "none", least: [{ of: alphanumeric, length: 30 }], body: alphanumeric },
    ],
  },
  {
    name: "brevo_key",
    confidence: "high",
    since: null,
    source: "https://developers.brevo.com/docs/getting-started",
    shapes: [
      {
        literals: ["xkeysib-", "xsmtpsib-"],
        guard: "none",
        least: [{ of: hex, length: 60 }],
        body: base64url,
      },
    ],
  },
  {
    name: "resend_key",
    confidence: "high",
    since: null,
    source: "https://resend.com/docs/dashboard/api-keys/introduction",
    shapes: [
      {
        literals: ["re_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 8 }, "_", { of: alphanumeric, length: 20 }],
        body: word,
      },
    ],
  },
  {
    name: "onesignal_key",
    confidence: "high",
    since: null,
    source: "https://documentation.onesignal.com/docs/en/keys-and-ids",
    shapes: [
      {
        literals: ["os_v2_app_", "os_v2_org_"],
        guard: "none",
        least: [{ of: "a-z2-7", length: 90 }],
        body: alphanumeric,
      },
    ],
  },
  {
    name: "klaviyo_key",
    confidence: "high",
    since: null,
    source: "https://developers.klaviyo.com/en/docs/authenticate_",
    shapes: [
      {
        literals: ["pk_"],
        guard: "alphanumeric",
        least: [{ of: "a-z0-9", length: 28 }],
        body: word,
      },
      {
        literals: ["pk_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 6 }, "_", { of: lowerHex, length: 34 }],
        body: word,
      },
    ],
  },
  {
    name: "courier_key",
    confidence: "high",
    since: null,
    source: "https://www.courier.com/docs/",
    shapes: [
      {
        literals: ["pk_prod_", "pk_test_"],
        guard: "alphanumeric",
        least: [{ of: upperAlphanumeric, length: 28 }],
        body: upperAlphanumeric,
      },
    ],
  },
  {
    name: "pubnub_key",
    confidence: "high",
    since: null,
    source: "https://www.pubnub.com/docs/general/setup/account-setup",
    shapes: [
      {
        literals: ["sec-c-"],
        guard: "none",
        least: [{ of: alphanumeric, length: 40 }],
        body: `${base64}=`,
      },
      { literals: ["pub-c-", "sub-c-"], guard: "none", least: likeUuid, body: base64url },
    ],
  },
  {
    name: "intercom_token",
    confidence: "high",
    since: null,
    source: "https://developers.intercom.com/docs/build-an-integration/learn-more/authentication",
    shapes: [
      {
        // Base64 of `tok:` and what follows.
        literals: ["dG9rO"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 50 }],
        body: `${base64}=`,
      },
    ],
  },
  {
    name: "telnyx_key",
    confidence: "high",
    since: null,
    source: "https://developers.telnyx.com/docs/account-setup/api-keys",
    shapes: [
      {
        literals: ["KEY0"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 50 }],
        body: base64url,
      },
    ],
  },
  {
    name: "government_notify_key",
    confidence: "high",
    since: null,
    source: "https://documentation.notification.canada.ca/en/start.html",
    shapes: [
      {
        literals: ["gcntfy-"],
        guard: "none",
        least: [{ of: base64url, length: 72 }],
        body: base64url,
      },
    ],
  },
];
