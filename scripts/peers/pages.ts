/**
 * The pages that a person sees at the authorization server: plain forms without scripts.
 *
 * @module
 */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** The text with the five characters that mean something in HTML replaced. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** A whole page; `body` is HTML. */
export function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 4rem auto; padding: 0 1rem; }
form { display: grid; gap: .75rem; } input, button { font: inherit; padding: .5rem; }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${body}
</body>
</html>
`;
}

/** Asks who is there. Any name will do: this server knows no passwords. */
export function loginPage(action: string, clientId: string): string {
  return page(
    "Sign in",
    `<form method="post" action="${escapeHtml(action)}">
<p>${escapeHtml(clientId)} wants to know who you are.</p>
<label>Name <input type="text" name="login" value="ada" autofocus required></label>
<button type="submit">Sign in</button>
<button type="submit" name="deny" value="yes">Cancel</button>
</form>`,
  );
}

/** Asks whether the client may have these scopes. */
export function consentPage(action: string, clientId: string, scopes: readonly string[]): string {
  const list = scopes.map((scope) => `<li><code>${escapeHtml(scope)}</code></li>`).join("");
  return page(
    "Allow access?",
    `<form method="post" action="${escapeHtml(action)}">
<p>${escapeHtml(clientId)} asks for:</p>
<ul>${list}</ul>
<button type="submit" autofocus>Allow</button>
<button type="submit" name="deny" value="yes">Deny</button>
</form>`,
  );
}
