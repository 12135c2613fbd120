import type { Redactor } from "../ports.ts";

/** A redactor that replaces known values exactly and knows one shape. `known` shows what is registered. */
export function exactRedactor(
  known: Map<string, { name: string; count: number }> = new Map(),
): Redactor & { known: typeof known } {
  const own: (() => void)[] = [];
  const redact = (text: string) => {
    let out = text.replace(/ghp_[A-Za-z0-9]{36}/g, "<redacted:github_token:40>");
    for (const [value, { name }] of known)
      out = out.replaceAll(value, `<redacted:${name}:${Buffer.byteLength(value)}>`);
    return out;
  };
  const redactValue = (value: unknown): unknown => {
    if (typeof value === "string") return redact(value);
    if (Array.isArray(value)) return value.map(redactValue);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, redactValue(member)]));
  };
  return {
    known,
    redact,
    redactValue,
    maskKnown: redact,
    register(value, name) {
      const entry = known.get(value) ?? { name, count: 0 };
      entry.count += 1;
      known.set(value, entry);
      let live = true;
      const forget = () => {
        if (!live) return;
        live = false;
        entry.count -= 1;
        if (entry.count === 0) known.delete(value);
      };
      own.push(forget);
      return forget;
    },
    holdsValues: false,
    fork: () => exactRedactor(known),
    onAudit: () => () => {},
    release() {
      for (const forget of own) forget();
    },
  };
}
