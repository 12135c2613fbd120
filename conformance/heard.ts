/**
 * Judges what the servers of an attack row received: every secret only where it belongs, in no form anywhere else.
 *
 * @module
 */

import type { CaseFile } from "./case-format.ts";
import type { Finding } from "./finding.ts";
import { environmentSecrets, leakIn, namedSecretsIn, namedSecretsSent } from "./secrets.ts";
import type { HeardBytes } from "./socket-transport.ts";
import type { Trace } from "./trace.ts";

/** Endpoints at which access tokens are used; the others are the authorization server's. */
const resources: ReadonlySet<string> = new Set(["api", "userinfo"]);

interface Place {
  readonly origin: string;
  /** Names or values of the secrets that may stand there; `*` for any. */
  readonly may: ReadonlySet<string>;
}

/** What stands where it must not. */
export function judgeHeard(
  file: CaseFile,
  endpoints: Readonly<Record<string, string>>,
  trace: Trace,
): readonly Finding[] {
  const secrets = secretsOf(file, trace);
  const places = [...placesOf(file, endpoints, trace)];
  return trace.heard.flatMap((heard) => {
    if (heard.problem !== null)
      return [
        {
          where: `connection to ${heard.origin}`,
          differences: [{ at: "", expected: "(the network serves it)", actual: heard.problem }],
        },
      ];
    const may = new Set(
      places.filter(({ origin }) => origin === heard.origin).flatMap((one) => [...one.may]),
    );
    const foreign = [...secrets].filter(
      ([value, name]) => !may.has("*") && !may.has(name) && !may.has(value),
    );
    const anywhere = leakIn(
      heard.text,
      foreign.map(([value]) => value),
    );
    const inTarget = may.has("*") ? null : leakIn(targetsOf(heard), secrets.keys());
    const leak = anywhere ?? inTarget;
    return leak === null ? [] : [told(heard, leak, secrets.get(leak) ?? "secret", anywhere === null)];
  });
}

/** Every secret of the case by its value, with its name. */
function secretsOf(file: CaseFile, trace: Trace): ReadonlyMap<string, string> {
  const found = new Map(namedSecretsIn([file.given, file.http, file.steps]));
  for (const [value, name] of namedSecretsSent(trace.requests)) if (!found.has(value)) found.set(value, name);
  for (const value of trace.signed) found.set(value, "signed");
  for (const [value, name] of environmentSecrets(file)) found.set(value, name);
  return found;
}

function* placesOf(
  file: CaseFile,
  endpoints: Readonly<Record<string, string>>,
  trace: Trace,
): Iterable<Place> {
  const { env = {} } = file.given ?? {};
  for (const [name, url] of Object.entries(endpoints)) {
    if (!URL.canParse(url)) continue;
    yield {
      origin: new URL(url).origin,
      may: new Set(resources.has(name) ? resourceServer : authorizationServer),
    };
  }
  for (const [name, value] of Object.entries(env))
    if (typeof value !== "string")
      for (const origin of value.origins) yield { origin, may: new Set([`env ${name}`]) };
  for (const [origin, may] of Object.entries(file.attack?.may ?? {}))
    yield {
      origin,
      may: new Set(may.map((one) => (one.startsWith("$") ? String(trace.captured[one.slice(1)]) : one))),
    };
}

/** What an authorization server may be told. */
const authorizationServer: readonly string[] = [
  "access_token",
  "refresh_token",
  "id_token",
  "client_secret",
  "code_verifier",
  "device_code",
  "code",
  "registration_access_token",
  "subject_token",
  "actor_token",
  "signed",
];

/** What a resource server may be told. */
const resourceServer: readonly string[] = ["access_token", "signed"];

/** The request lines and Referer fields, where no secret may ever stand. */
function targetsOf({ text }: HeardBytes): string {
  return (text.match(/^(?:[A-Z]{3,10} \S+ HTTP\/1\.[01]|referer:.*)\r?$/gim) ?? []).join("\n");
}

function told(heard: HeardBytes, value: string, name: string, inTarget: boolean): Finding {
  const where = `bytes received by ${heard.origin} (${heard.address}:${heard.port})`;
  const actual = `holds ${name} ${value}${inTarget ? " in a URL" : ""}: ${heard.text.slice(0, 300)}`;
  return { where, differences: [{ at: "", expected: "(no secret)", actual }] };
}
