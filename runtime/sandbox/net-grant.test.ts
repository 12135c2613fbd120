import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RunError } from "../host/run-error.ts";
import { netPolicy } from "./net-grant.ts";

function allows(patterns: readonly string[], url: string): boolean {
  return netPolicy(patterns).allows(new URL(url));
}

function names(patterns: readonly string[], url: string): boolean {
  return netPolicy(patterns).names(new URL(url));
}

describe("allowed", () => {
  test.each([
    ["api.github.com", "https://api.github.com/user"],
    ["api.github.com", "https://API.GitHub.com./user"],
    ["API.GitHub.Com.", "https://api.github.com/"],
    ["api.github.com:443", "https://api.github.com/"],
    ["api.github.com:8443", "https://api.github.com:8443/"],
    ["*.github.com", "https://api.github.com/"],
    ["*.github.com", "https://a.b.github.com/"],
    ["*.github.com:8443", "https://api.github.com:8443/"],
    ["*", "https://example.com/"],
    ["*", "https://93.184.215.14/"],
    ["bücher.example", "https://xn--bcher-kva.example/"],
    ["xn--bcher-kva.example", "https://BÜCHER.example/"],
    ["localhost", "http://localhost:3000/"],
    ["localhost", "https://localhost/"],
    ["127.0.0.1", "http://127.0.0.1:8080/"],
    ["0x7f.1", "http://127.0.0.1:8080/"],
    ["127.0.0.1", "http://2130706433:8080/"],
    ["[::1]", "http://[::1]:8080/"],
    ["[0:0:0:0:0:0:0:1]:80", "http://[::1]/"],
    ["*.localhost", "http://app.localhost:3000/"],
    ["10.0.0.1", "https://10.0.0.1/"],
  ])("%s covers %s", (pattern, url) => {
    expect(allows([pattern], url)).toBe(true);
  });
});

describe("not allowed", () => {
  test.each([
    ["api.github.com", "https://github.com/"],
    ["api.github.com", "https://x.api.github.com/"],
    ["api.github.com", "https://api.github.com.evil.example/"],
    ["api.github.com", "https://api.github.com:8443/"],
    ["api.github.com", "http://api.github.com/"],
    ["api.github.com:8443", "https://api.github.com/"],
    ["*.github.com", "https://github.com/"],
    ["*.github.com", "https://evilgithub.com/"],
    ["*.github.com", "https://github.com.evil.example/"],
    ["*", "https://example.com:8443/"],
    ["*", "http://localhost:3000/"],
    ["*", "https://app.localhost./"],
    ["*", "https://127.0.0.1/"],
    ["*", "https://127.9.9.9/"],
    ["*", "https://0x7f.1/"],
    ["*", "https://10.0.0.1/"],
    ["*", "https://169.254.169.254/"],
    ["*", "https://[::1]/"],
    ["*", "https://[::ffff:127.0.0.1]/"],
    ["*", "https://[fd00::1]/"],
    ["localhost:3000", "http://localhost:3001/"],
    ["127.0.0.1", "http://127.0.0.2/"],
    ["*", "file:///etc/passwd"],
    ["*", "data:text/plain,x"],
  ])("%s does not cover %s", (pattern, url) => {
    expect(allows([pattern], url)).toBe(false);
  });

  test("no grant, no host", () => {
    expect(allows([], "https://example.com/")).toBe(false);
  });
});

test("only a host written out in full is named", () => {
  expect(names(["10.0.0.1"], "https://10.0.0.1/")).toBe(true);
  expect(names(["intranet.example"], "https://intranet.example/")).toBe(true);
  expect(names(["*.example"], "https://intranet.example/")).toBe(false);
  expect(names(["*"], "https://intranet.example/")).toBe(false);
  expect(names(["*", "10.0.0.1:443"], "https://10.0.0.1/")).toBe(true);
  expect(names(["10.0.0.1:444"], "https://10.0.0.1/")).toBe(false);
});

describe("a wrong pattern says what is wrong", () => {
  test.each([
    ["", "is empty"],
    ["https://api.github.com", "has a scheme"],
    ["api.github.com/user", "has a path"],
    ["api.github.com?x", "has a path"],
    ["api.github.com\\x", "has a path"],
    ["me@api.github.com", "has userinfo"],
    ["api.*.com", 'has a "*" in a wrong place'],
    ["api*", 'has a "*" in a wrong place'],
    ["**", 'has a "*" in a wrong place'],
    ["*.*.com", 'has a "*" in a wrong place'],
    ["*:443", 'has a "*" in a wrong place'],
    ["*.", "is not a host"],
    ["\uff0a.github.com", "is not a host"],
    ["\uff0a", "is not a host"],
    ["*.127.0.0.1", "puts *. before an address"],
    ["*.0x7f.1", "puts *. before an address"],
    ["*.[::1]", "puts *. before an address"],
    ["::1", "is not a host"],
    ["[::1", "is not a host"],
    ["[::1]x", "is not a host"],
    ["api.github.com:", "has a port"],
    ["api.github.com:0", "has a port"],
    ["api.github.com:65536", "has a port"],
    ["api.github.com:443x", "has a port"],
    ["api.github.com:1e3", "has a port"],
    ["api.github.com:443:443", "is not a host"],
    ["2001:db8::1", "is not a host"],
    [":443", "is not a host"],
    [" api.github.com", "contains white space"],
    ["api.git\thub.com", "contains white space"],
    ["api.github.com\0", "contains white space"],
    ["ex%61mple.com", "has a percent sign"],
    [".example.com", "is not a host"],
    ["a..example.com", "is not a host"],
    ["999.1.1.1", "is not a host"],
  ])("%j %s", (pattern, problem) => {
    const attempt = (): unknown => netPolicy([pattern]);
    expect(attempt).toThrow(RunError);
    expect(attempt).toThrow(`net "${pattern}" ${problem}`);
    expect(attempt).toThrow(expect.objectContaining({ code: "HARN-RUN-015" }));
  });

  test("the hint shows the pattern without its scheme", () => {
    expect(() => netPolicy(["https://api.github.com/user"])).toThrow(
      expect.objectContaining({ hint: "Write api.github.com." }),
    );
  });
});

test("a pattern of a name covers that name and its spellings, and nothing else", () => {
  const label = fc.stringMatching(/^[a-z]([a-z0-9]{0,8})$/);
  const name = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join("."));
  fc.assert(
    fc.property(name, name, (granted, asked) => {
      const policy = netPolicy([granted]);
      expect(policy.allows(new URL(`https://${granted.toUpperCase()}./`))).toBe(true);
      expect(policy.allows(new URL(`https://${asked}/`))).toBe(asked === granted);
      expect(netPolicy([`*.${granted}`]).allows(new URL(`https://${asked}/`))).toBe(
        asked.endsWith(`.${granted}`),
      );
    }),
  );
});

describe("entrusted with a credential on a script's word", () => {
  const entrusts = (patterns: readonly string[], url: string): boolean =>
    netPolicy(patterns).entrusts(new URL(url));

  test.each([
    ["api.github.com", "https://api.github.com/"],
    ["*.github.com", "https://api.github.com/"],
    ["localhost", "http://localhost:3000/"],
  ])("%s entrusts %s", (pattern, url) => {
    expect(entrusts(["*", pattern], url)).toBe(true);
  });

  test("a bare * covers every public host, and entrusts none", () => {
    expect(entrusts(["*"], "https://thief.example.net/")).toBe(false);
    expect(entrusts(["*", "api.github.com"], "https://thief.example.net/")).toBe(false);
    expect(entrusts(["*", "api.github.com"], "https://api.github.com:8443/")).toBe(false);
  });
});
