/**
 * Reads the forms of a simple HTML page: enough for pages whose author is known.
 *
 * @module
 */

export interface Field {
  readonly name: string;
  readonly value: string;
}

export interface Form {
  readonly method: "GET" | "POST";
  readonly action: string;
  readonly fields: readonly Field[];
  /** Submit buttons with a name, also those that stand outside and point to the form. */
  readonly buttons: readonly Field[];
}

/** The forms of a page, in order. */
export function forms(html: string): readonly Form[] {
  const found: { id: string; method: "GET" | "POST"; action: string; fields: Field[]; buttons: Field[] }[] =
    [];
  let open: (typeof found)[number] | null = null;
  for (const [, slash, tag = "", rest = ""] of html.matchAll(/<(\/?)(form|input|button)\b([^>]*)>/gi)) {
    const attributes = attributesOf(rest);
    const name = attributes.get("name");
    const value = attributes.get("value") ?? "";
    if (tag === "form") {
      open = null;
      if (slash === "/") continue;
      const method = attributes.get("method")?.toLowerCase() === "post" ? "POST" : "GET";
      open = {
        id: attributes.get("id") ?? "",
        method,
        action: attributes.get("action") ?? "",
        fields: [],
        buttons: [],
      };
      found.push(open);
    } else if (slash !== "/" && name !== undefined) {
      const owner = attributes.get("form");
      const form = owner === undefined ? open : found.find(({ id }) => id === owner);
      (tag === "input" ? form?.fields : form?.buttons)?.push({ name, value });
    }
  }
  return found;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

function attributesOf(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)) {
    const decoded = value.replace(
      /&(amp|lt|gt|quot|#39);/g,
      (_whole, entity: string) => entities[entity] ?? "",
    );
    attributes.set(name.toLowerCase(), decoded);
  }
  return attributes;
}
