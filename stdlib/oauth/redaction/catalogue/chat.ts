/**
 * Chat and social networks.
 *
 * @module
 */

import type { TokenFamily, TokenShape } from "../token-shape.ts";
import { alphanumeric, base64url, digits, dotted, lowerAlphanumeric, word } from "./alphabets.ts";

const dashed = "A-Za-z0-9-";

/**
 * A bot's token begins with the base64 of its number, so there is no literal; but two digits and the upper bits of a
 * third leave few choices for the first three characters. Numbers have 17 to 20 digits.
 */
const discordBeginnings = Array.from("MNO").flatMap((first) =>
  Array.from("DTjz").flatMap((second) => Array.from("AEIMQUYcgk", (third) => first + second + third)),
);
const discordBot = (lengthOfNumber: number): TokenShape => ({
  literals: discordBeginnings,
  guard: "alphanumeric",
  least: [
    { of: "wxyz0-5", length: 1 },
    { of: base64url, length: lengthOfNumber - 4 },
    ".",
    { of: base64url, length: 6 },
    ".",
    { of: base64url, length: 27 },
  ],
  body: dotted,
  trimDots: true,
});

/** A channel's number has 8 to 12 digits. */
const twitchStreamKey = (lengthOfNumber: number): TokenShape => ({
  literals: ["live_"],
  guard: "alphanumeric",
  least: [{ of: digits, length: lengthOfNumber }, "_", { of: alphanumeric, length: 28 }],
  body: word,
});

/** Tokens for speaking to people in their networks. */
export const chat: readonly TokenFamily[] = [
  {
    name: "slack_token",
    confidence: "high",
    since: null,
    source: "https://docs.slack.dev/authentication/tokens/",
    shapes: [
      {
        literals: ["xoxa-", "xoxb-", "xoxc-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xwfp-", "xapp-"],
        guard: "none",
        least: [
          { of: digits, length: 1 },
          { of: dashed, length: 11 },
        ],
        body: "A-Za-z0-9+/-",
      },
      {
        literals: ["xoxa-", "xoxb-", "xoxc-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"],
        guard: "none",
        least: [
          { of: alphanumeric, length: 8 },
          { of: dashed, length: 4 },
        ],
        body: dashed,
      },
      {
        literals: ["xoxe.xoxb-", "xoxe.xoxp-"],
        guard: "none",
        least: [
          { of: digits, length: 1 },
          { of: dashed, length: 20 },
        ],
        body: dashed,
      },
      {
        // The session cookie: base64, mostly percent-encoded.
        literals: ["xoxd-"],
        guard: "none",
        least: [{ of: "A-Za-z0-9%+/_-", length: 40 }],
        body: "A-Za-z0-9%+/=_-",
      },
    ],
  },
  {
    name: "slack_webhook",
    confidence: "high",
    since: null,
    source: "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/",
    shapes: [
      {
        literals: [
          "hooks.slack.com/services/",
          "hooks.slack.com/workflows/",
          "hooks.slack.com/triggers/",
          "hooks.slack-gov.com/services/",
          "hooks.slack-gov.com/workflows/",
        ],
        guard: "none",
        least: [{ of: "A-Za-z0-9/_+-", length: 24 }],
        body: "A-Za-z0-9/_+-",
      },
    ],
  },
  {
    name: "discord_bot_token",
    confidence: "high",
    since: null,
    source: "https://docs.discord.com/developers/reference#authentication",
    shapes: [23, 24, 26, 27].map(discordBot),
  },
  {
    name: "discord_webhook",
    confidence: "high",
    since: null,
    source: "https://docs.discord.com/developers/resources/webhook",
    shapes: [
      {
        literals: ["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"],
        guard: "none",
        least: [
          { of: digits, length: 17 },
          { of: "A-Za-z0-9/_-", length: 50 },
        ],
        body: "A-Za-z0-9/_-",
      },
    ],
  },
  {
    name: "telegram_bot_token",
    confidence: "high",
    since: null,
    source: "https://core.telegram.org/bots/api#authorizing-your-bot",
    shapes: [
      {
        literals: [":AA"],
        guard: "none",
        before: { of: digits, min: 8, max: 16 },
        least: [{ of: base64url, length: 32 }],
        body: base64url,
      },
    ],
  },
  {
    name: "matrix_token",
    confidence: "high",
    since: null,
    source: "https://element-hq.github.io/matrix-authentication-service/topics/access-token.html",
    shapes: [
      { literals: ["syt_"], guard: "none", least: [{ of: word, length: 30 }], body: "A-Za-z0-9_=+/-" },
      {
        literals: ["mat_", "mar_", "mct_", "mcr_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 30 }, "_", { of: alphanumeric, length: 6 }],
        body: word,
      },
    ],
  },
  {
    name: "facebook_token",
    confidence: "high",
    since: null,
    source: "https://developers.facebook.com/docs/facebook-login/guides/access-tokens/",
    shapes: [
      {
        literals: ["EAA"],
        guard: "alphanumeric",
        least: [
          { of: "B-Z", length: 1 },
          // Not 2: the colour profile in many JPEG images reads like such a token, and has a 2 here.
          { of: "013-9A-Za-z", length: 1 },
          { of: alphanumeric, length: 90 },
        ],
        body: alphanumeric,
      },
      {
        literals: ["IGQV", "IGQW", "IGAA"],
        guard: "alphanumeric",
        least: [{ of: base64url, length: 90 }],
        body: base64url,
      },
    ],
  },
  {
    name: "linkedin_client_secret",
    confidence: "high",
    since: null,
    source: "https://learn.microsoft.com/en-us/linkedin/shared/authentication/client-credentials-flow",
    shapes: [
      {
        literals: ["WPL_AP1."],
        guard: "none",
        least: [{ of: alphanumeric, length: 16 }],
        body: "A-Za-z0-9+/=._-",
        trimDots: true,
      },
    ],
  },
  {
    name: "pinterest_token",
    confidence: "high",
    since: null,
    source: "https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/",
    shapes: [
      {
        literals: ["pina_"],
        guard: "alphanumeric",
        least: [{ of: alphanumeric, length: 32 }],
        body: base64url,
      },
    ],
  },
  {
    name: "twitch_token",
    confidence: "high",
    since: null,
    source: "https://dev.twitch.tv/docs/chat/authenticating/",
    shapes: [
      {
        literals: ["oauth:"],
        guard: "alphanumeric",
        least: [{ of: lowerAlphanumeric, length: 30 }],
        body: alphanumeric,
      },
      ...[8, 9, 10, 11, 12].map(twitchStreamKey),
    ],
  },
];
