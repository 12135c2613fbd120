/**
 * Where tokens stand.
 *
 * @module
 */

/** What is before and behind a token. */
export interface Context {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  /** True: a weak shape does not begin behind a letter or a digit, by design. */
  readonly isGlued?: true;
}

/** The seventeen. */
export const contexts: readonly Context[] = [
  { name: "alone", before: "", after: "" },
  { name: "between spaces", before: "log ", after: " end" },
  { name: "double quotes", before: '"', after: '"' },
  { name: "single quotes", before: "'", after: "'" },
  { name: "a query", before: "https://example.com/?q=", after: "&x=1" },
  { name: "colon", before: "key: ", after: "," },
  { name: "lines", before: "log\n", after: "\nlog" },
  { name: "escaped newlines", before: "log\\n", after: "\\nlog" },
  { name: "escaped quotes", before: '{\\"x\\":\\"', after: '\\"}' },
  { name: "percent-encoded", before: "x%3D", after: "%26y" },
  { name: "terminal colours", before: "\u001b[32m", after: "\u001b[0m" },
  { name: "an escaped code point", before: "x\\u0022", after: "\\u0022" },
  { name: "CJK", before: "中", after: "中" },
  { name: "emoji", before: "\u{1f600}", after: "\u{1f600}" },
  { name: "an underscore before", before: "my_", after: " " },
  { name: "a letter before", before: "word", after: " ", isGlued: true },
  { name: "a digit before", before: "0", after: " ", isGlued: true },
];
