/**
 * User information in URLs: `scheme://user:password@host` (RFC 3986 §3.2.1).
 *
 * @module
 */

import { charClass } from "./char-class.ts";
import { type Match, type Reading, type Rule, undecided } from "./reading.ts";

/** The name in place of user information. */
export const userinfoName = "userinfo";

/** What stands before it. */
export const userinfoLiterals: readonly string[] = ["://"];

const longestAuthority = 4_096;
const authorityEnd = charClass(" \t\r\n\v\f/?#\"'<>\\`");

/** The rule. A lone user name counts only for http, where it may be a token. */
export function userinfoRule(rank: number): Rule {
  const judge = (reading: Reading, at: number, _: number, start: number): Match | typeof undecided | null => {
    const { text } = reading;
    let end = -1;
    let hasColon = false;
    let i = start;
    for (; i < start + longestAuthority; i++) {
      const code = text.charCodeAt(i);
      // Not a number behind the end.
      if (Number.isNaN(code) || authorityEnd[code] === 1) break;
      if (code === 0x40) end = i;
      if (code === 0x3a && end === -1) hasColon = true;
    }
    if (reading.isOver(i)) return undecided;
    if (end <= start) return null;
    const isHttp = /https?$/i.test(text.slice(Math.max(reading.boundary, 0, at - 5), at));
    if (!isHttp && !hasColon && !text.slice(start, end).includes(":")) return null;
    return { start, end, name: userinfoName, rank, tail: null };
  };
  const couldMatch = (text: string, start: number): boolean => {
    for (let i = start; i < start + longestAuthority; i++) {
      const code = text.charCodeAt(i);
      if (code === 0x40) return true;
      if (Number.isNaN(code) || authorityEnd[code] === 1) return false;
    }
    return false;
  };
  return { judge, couldMatch };
}
