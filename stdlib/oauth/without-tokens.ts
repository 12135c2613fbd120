/**
 * What a provider says about a token, as a script sees it.
 *
 * @module
 */

import type { Carried, Ports } from "../../runtime/ports.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./strict-json.ts";

/**
 * A copy without any token that this process knows, in names and in values, unless the caller may see tokens. `carried` is the
 * token that was asked about.
 */
export function withoutTokens(ports: Ports, answer: JsonObject, carried: Carried): JsonObject {
  if (ports.run.trusted || ports.run.reveal) return answer;
  const masked = (value: JsonValue): JsonValue => {
    if (typeof value === "string") return ports.redactor.maskKnown(value, carried);
    if (Array.isArray(value)) return value.map(masked);
    return isJsonObject(value) ? members(value) : value;
  };
  const members = (value: JsonObject): JsonObject => {
    const copy: Record<string, JsonValue> = Object.create(null);
    for (const [name, member] of Object.entries(value)) {
      copy[ports.redactor.maskKnown(name, carried)] = masked(member);
    }
    return copy;
  };
  return members(answer);
}
