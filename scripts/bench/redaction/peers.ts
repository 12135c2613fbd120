/**
 * The peers that take a text: two of our own making over the same catalogue, and two packages.
 *
 * @module
 */

import { loaded } from "../peer.ts";
import { alternation, replaceLoop } from "./expressions.ts";

/** Something that redacts a text. */
export interface TextPeer {
  readonly name: string;
  /** Null when the package is not installed. */
  readonly redact: ((text: string) => string | Promise<string>) | null;
  readonly note: string;
  /** About how many bytes it takes in a second: how much text it is given. */
  readonly speed: number;
}

interface SecretlintCore {
  lintSource(work: {
    source: { content: string; filePath: string; ext: string; contentType: "text" };
    options: { noPhysicFilePath: true; locale: "en"; config: { rules: readonly object[] } };
  }): Promise<{ messages: readonly { type: string; range: readonly [number, number] }[] }>;
}

interface SecretlintProfiler {
  readonly secretLintProfiler: { mark: () => void };
}

interface Visulima {
  stringAnonymize(text: string, rules: readonly object[]): string;
  readonly standardRules: readonly { readonly key: string; readonly pattern?: string }[];
}

/** All of them. */
export async function textPeers(): Promise<readonly TextPeer[]> {
  return [
    {
      name: "loop of replace",
      redact: replaceLoop(),
      note: "our catalogue as expressions, one for each family; finds less",
      speed: 2e6,
    },
    {
      name: "one alternation",
      redact: alternation(),
      note: "one expression for the shapes that begin with their literal, guard and family asked for where it matches; with the others and guards inside it is up to 70 times slower; finds less",
      speed: 5e6,
    },
    {
      name: "secretlint",
      redact: await secretlint(),
      note: "12.0.0, preset-recommend, ranges cut out by us, its profiler off (it is quadratic over calls)",
      speed: 1e7,
    },
    {
      name: "@visulima/redact",
      redact: await visulima(),
      note: "2.0.5, stringAnonymize with those of its rules that are about credentials",
      speed: 5e4,
    },
  ];
}

async function secretlint(): Promise<TextPeer["redact"]> {
  const core = await loaded<SecretlintCore>("@secretlint/core");
  const preset = await loaded<{ readonly creator: object }>("@secretlint/secretlint-rule-preset-recommend");
  const profiler = await loaded<SecretlintProfiler>("@secretlint/profiler");
  if (core === null || preset === null || profiler === null) return null;
  // It keeps a mark for each step for ever and searches all of them at each: after some thousand texts nothing else runs.
  profiler.secretLintProfiler.mark = () => {};
  const rules = [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: preset.creator, options: {} }];
  return async (content) => {
    const { messages } = await core.lintSource({
      source: { content, filePath: "/log.txt", ext: ".txt", contentType: "text" },
      options: { noPhysicFilePath: true, locale: "en", config: { rules } },
    });
    let result = "";
    let at = 0;
    for (const { type, range } of messages.toSorted((a, b) => a.range[0] - b.range[0])) {
      if (type !== "message" || range[1] <= at) continue;
      result += `${content.slice(at, Math.max(at, range[0]))}<redacted>`;
      at = range[1];
    }
    return at === 0 ? content : result + content.slice(at);
  };
}

const aboutCredentials: ReadonlySet<string> = new Set([
  "apikey",
  "awsid",
  "awskey",
  "basic_auth",
  "token",
  "crypto",
]);

async function visulima(): Promise<TextPeer["redact"]> {
  const redact = await loaded<Visulima>("@visulima/redact");
  if (redact === null) return null;
  const rules = redact.standardRules.filter(({ key }) => aboutCredentials.has(key));
  return (text) => redact.stringAnonymize(text, rules);
}
