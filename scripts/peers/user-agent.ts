/**
 * A headless user agent: a cookie jar and a way with forms. It plays the person at an authorization server's pages,
 * and it talks to loopback only.
 *
 * @module
 */

import { request } from "node:http";
import { type Field, type Form, forms } from "./html-forms.ts";

export interface UserAgent {
  /** Signs in and allows; returns the whole URL that the server redirects to, without visiting it. */
  authorize(url: string): Promise<string>;
  /** Says no at the first page that offers it; returns the redirect as {@link authorize} does. */
  denyAuthorization(url: string): Promise<string>;
  /** Types the code at the verification page, signs in and allows. */
  approveDevice(verificationUri: string, userCode: string): Promise<void>;
  /** Types the code and says that this is not the person's device. */
  denyDevice(verificationUri: string, userCode: string): Promise<void>;
  /** Opens a page, as a browser does with a redirect. Returns its status. */
  visit(url: string): Promise<number>;
}

interface Page {
  readonly url: URL;
  readonly status: number;
  readonly location: URL | null;
  readonly body: string;
}

type Choice = "allow" | "deny";

const maxSteps = 20;

/** A user agent with an empty cookie jar, for a person of this name. */
export function userAgent(person: string = "ada"): UserAgent {
  const jar = new Map<string, Map<string, string>>();

  async function send(method: string, url: URL, form?: URLSearchParams): Promise<Page> {
    if (url.protocol !== "http:" || url.hostname !== "127.0.0.1") {
      throw new Error(`the user agent stays on loopback: ${url.origin}`);
    }
    const cookies = jar.get(url.host) ?? new Map<string, string>();
    jar.set(url.host, cookies);
    const body = form?.toString();
    const headers: Record<string, string | number> = {
      cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
      ...(body === undefined
        ? {}
        : { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method, headers, agent: false }, (response) => {
        for (const line of response.headers["set-cookie"] ?? []) keepCookie(cookies, line);
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.once("error", reject);
        response.once("end", () => {
          const location = response.headers.location;
          resolve({
            url,
            status: response.statusCode ?? 0,
            location: location === undefined ? null : new URL(location, url),
            body: text,
          });
        });
      });
      outgoing.once("error", reject);
      outgoing.end(body);
    });
  }

  /** Follows redirects and fills in forms until a redirect leaves the origin or a page has no form. */
  async function walk(start: Page, choice: Choice): Promise<Page> {
    let current = start;
    let saidNo = false;
    for (let step = 0; step < maxSteps; step += 1) {
      if (current.location) {
        if (current.location.origin !== current.url.origin) return current;
        current = await send("GET", current.location);
        continue;
      }
      const [form] = forms(current.body);
      if (!form || saidNo) return current;
      const no = choice === "deny" ? form.buttons.find(isNo) : undefined;
      const fields = filled(form);
      if (no) fields.set(no.name, no.value);
      saidNo = no !== undefined;
      current = await send(form.method, new URL(form.action, current.url), fields);
    }
    throw new Error("the pages never end");
  }

  function filled(form: Form): URLSearchParams {
    const fields = new URLSearchParams(form.fields.map(({ name, value }) => [name, value]));
    if (fields.has("login")) fields.set("login", person);
    return fields;
  }

  async function leave(url: string, choice: Choice): Promise<string> {
    const last = await walk(await send("GET", new URL(url)), choice);
    if (!last.location) throw new Error(`no redirect came: ${last.status} ${last.body.slice(0, 300)}`);
    return last.location.href;
  }

  async function typeCode(verificationUri: string, userCode: string, choice: Choice): Promise<void> {
    const entry = await send("GET", new URL(verificationUri));
    const [form] = forms(entry.body);
    if (!form) throw new Error("the verification page has no form");
    const fields = filled(form);
    fields.set("user_code", userCode);
    const last = await walk(await send(form.method, new URL(form.action, entry.url), fields), choice);
    if (choice === "allow" && (last.status !== 200 || !last.body.includes("Connected"))) {
      throw new Error(`the device was not approved: ${last.status}`);
    }
  }

  return {
    authorize: (url) => leave(url, "allow"),
    denyAuthorization: (url) => leave(url, "deny"),
    approveDevice: (verificationUri, userCode) => typeCode(verificationUri, userCode, "allow"),
    denyDevice: (verificationUri, userCode) => typeCode(verificationUri, userCode, "deny"),
    visit: async (url) => (await send("GET", new URL(url))).status,
  };
}

/** Cancels the whole attempt: the buttons that the pages of this server call `deny` and `abort`. */
function isNo({ name }: Field): boolean {
  return name === "deny" || name === "abort";
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = "", ...attributes] = line.split(";");
  const at = pair.indexOf("=");
  const name = pair.slice(0, at).trim();
  const value = pair.slice(at + 1).trim();
  const gone = attributes.some((attribute) => /^\s*expires=.*1970/i.test(attribute));
  if (value === "" || gone) cookies.delete(name);
  else cookies.set(name, value);
}
