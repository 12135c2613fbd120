/**
 * Which names of fields, headers, cookies and query parameters hold a credential.
 *
 * @module
 */

/** Credential names in snake case. Written with dashes, in camel case or without separators they count as well. */
const credentialNames = [
  "access_token",
  "refresh_token",
  "id_token",
  "token",
  "auth_token",
  "session_token",
  "private_token",
  "subject_token",
  "actor_token",
  "logout_token",
  "id_token_hint",
  "registration_access_token",
  "initial_access_token",
  "client_secret",
  "client_assertion",
  "assertion",
  "code_verifier",
  "device_code",
  "saml_response",
  "secret",
  "secret_key",
  "secret_access_key",
  "account_key",
  "shared_access_key",
  "password",
  "passwd",
  "pwd",
  "passphrase",
  "credential",
  "credentials",
  "jwt",
  "bearer",
  "api_key",
  "x_api_key",
  "private_key",
  "signing_key",
  "encryption_key",
  "authorization",
  "proxy_authorization",
  "dpop",
  "dpop_key",
  "cookie",
  "set_cookie",
] as const;

/** Credentials in a query or a form, besides the above; in an object these names mean other things too often. */
const queryOnlyNames = ["code", "sig", "signature", "x_amz_signature", "auth", "ticket"] as const;

/** What a name ends with, and the name that its placeholder then has. */
const endings = [
  "token",
  "secret",
  "password",
  "passphrase",
  "api_key",
  "private_key",
  "secret_key",
  "access_key",
  "account_key",
] as const;

/** Flags and counters about a credential, and cursors through a list, are no credentials. */
const innocent =
  /^(?:has|is|no|needs|requires|supports|allows?|uses?|with|max|min)_|(?:^|_)(?:next|page|sync|continuation)_token$/;

const longestName = 128;

const bySquashed = new Map<string, string>(credentialNames.map((name) => [name.replaceAll("_", ""), name]));
const queryBySquashed = new Map<string, string>(
  queryOnlyNames.map((name) => [name.replaceAll("_", ""), name]),
);

/** Every name that {@link credentialField} and {@link credentialParameter} can answer. */
export const fieldPlaceholderNames: readonly string[] = [...credentialNames, ...queryOnlyNames].flatMap(
  (name) => [name, name.replaceAll("_", "-")],
);

/**
 * In lower case, the last words of the names that {@link credentialField} and {@link credentialParameter} know: what to look for in a
 * text. A short last word comes with the one before it, in each spelling.
 */
export const fieldWords: readonly string[] = [
  ...new Set(
    [...credentialNames, ...endings].flatMap((name) => {
      const words = name.split("_");
      const last = words.at(-1) ?? name;
      if (last.length > 4 || words.length === 1) return [last];
      return ["_", "-", ""].map((separator) => words.slice(-2).join(separator));
    }),
  ),
];

/** Likewise the last words of those that are credentials in a query or a form only. */
export const queryOnlyWords: readonly string[] = queryOnlyNames.map((name) => name.split("_").at(-1) ?? name);

const mostRemembered = 4_096;
/** Names repeat: most are looked up once. */
const remembered = new Map<string, string | null>();

/** The placeholder name for a field whose string value is a credential, or null when the field is no such thing. */
export function credentialField(field: string): string | null {
  const known = remembered.get(field);
  if (known !== undefined) return known;
  const name = field.length > longestName ? null : judged(field);
  if (remembered.size >= mostRemembered) remembered.clear();
  remembered.set(field, name);
  return name;
}

function judged(field: string): string | null {
  const snake = snakeCase(field);
  if (snake === null || innocent.test(snake)) return null;
  const exact = bySquashed.get(snake.replaceAll("_", ""));
  // The spelling with dashes is kept: that is how people know a header.
  if (exact !== undefined) return field.includes("-") ? exact.replaceAll("_", "-") : exact;
  return endings.find((ending) => snake.endsWith(`_${ending}`)) ?? null;
}

/** As {@link credentialField}, for a parameter of a query or a form. */
export function credentialParameter(name: string): string | null {
  const field = credentialField(name);
  if (field !== null) return field;
  const snake = snakeCase(name);
  return snake === null ? null : (queryBySquashed.get(snake.replaceAll("_", "")) ?? null);
}

function snakeCase(name: string): string | null {
  if (name.length === 0 || name.length > longestName) return null;
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[-. ]/g, "_")
    .toLowerCase();
}
