import { describe, expect, test } from "vitest";
import { createRedactor, isRedactorEngine, type RedactorEngine } from "./engine.ts";

/** Prefixes are put together here, so that no scanner takes this file for a leak. */
const join = (...parts: readonly string[]): string => parts.join("");
const letters = (length: number): string => "aB3dEf9hIj".repeat(Math.ceil(length / 10)).slice(0, length);
const github = `${join("gh", "p_")}${letters(36)}`;
const aws = `${join("AK", "IA")}ABCDEFGH23456789`;
const jwt = `${join("ey", "J")}${letters(20)}.${letters(30)}.${letters(40)}`;

/** One sample of each pattern, without a word around it. */
const samples: readonly (readonly [string, string])[] = [
  ["jwt", jwt],
  ["jwt", `${join("ey", "J")}${letters(20)}.${letters(30)}.`],
  ["jwt", `${join("ey", "J")}${letters(20)}..${letters(16)}.${letters(30)}.${letters(22)}`],
  ["github_token", github],
  ["github_token", `${join("gh", "o_")}${letters(36)}`],
  ["github_token", `${join("gh", "r_")}${letters(76)}`],
  ["github_token", `${join("gh", "s_")}${letters(36)}`],
  ["github_token", `${join("gh", "s_")}1234567_${jwt.replaceAll("a", "-").replaceAll("B", "_")}`],
  ["github_pat_fine", `${join("github", "_pat_")}${letters(22)}_${letters(59)}`],
  ["slack_token", `${join("xo", "xb-")}123456789012-123456789012-${letters(24)}`],
  ["slack_token", `${join("xoxe.xo", "xp-")}1-${letters(160)}`],
  ["aws_access_key", aws],
  ["gitlab_token", `${join("gl", "pat-")}${letters(20)}`],
  ["gitlab_token", `${join("gl", "pat-")}${letters(60)}.01.0z${letters(7)}`],
  ["npm_token", `${join("np", "m_")}${letters(36)}`],
  ["openai_key", `${join("s", "k-")}proj-${letters(58)}_${letters(20)}`],
  ["stripe_key", `${join("sk_", "live_")}${letters(24)}`],
  ["stripe_key", `${join("rk_", "test_")}${letters(99)}`],
];

/** Texts that hold a token, for one redaction each. */
function redacted(text: string, engine: RedactorEngine = createRedactor()): string {
  return engine.redact(text);
}

describe("shapes", () => {
  test.each(samples)("%s", (name, token) => {
    const shown = `<redacted:${name}:${token.length}>`;
    expect(redacted(`the token ${token} is here`)).toBe(`the token ${shown} is here`);
    expect(redacted(token)).toBe(shown);
    expect(redacted(`"${token}"`)).toBe(`"${shown}"`);
    expect(redacted(`(${token}), [${token}]`)).toBe(`(${shown}), [${shown}]`);
  });

  test.each(samples)("%s is taken to the end of its run", (_, token) => {
    expect(redacted(`${token.replace(/\.$/, ".x")}${"Z".repeat(300)}`)).toMatch(/^<redacted:\w+:\d+>$/);
  });

  test.each([
    "\u001b[31m",
    "\u001b[1;38;5;200m",
    "\\u001b[0m",
    "\\x1b[31m",
    "line\\n",
    "a\\t",
    "\\u0022",
    "\\x3D",
    "?state=%3D",
    "%253D",
    "=3D",
    "\\033[0m",
    "_",
    "中",
    "é",
    "😀",
  ])("a token directly after %j is found", (before) => {
    for (const [name, token] of samples) {
      expect(redacted(`${before}${token} `)).toBe(`${before}<redacted:${name}:${token.length}> `);
    }
  });

  test.each([
    "ask-for-the-long-name-of-this",
    "desk-lamp-with-a-long-name-here",
    "donkeyJumping.overTheFence.andBack",
  ])("%s is a word", (word) => expect(redacted(word)).toBe(word));

  test("a bearer credential keeps its scheme word", () => {
    const opaque = `${letters(30)}.~+/=`;
    expect(redacted(`Authorization: Bearer ${opaque}`)).toBe(
      "Authorization: Bearer <redacted:bearer_token:35>",
    );
    expect(redacted(`authorization: bearer   ${opaque}`)).toBe(
      "authorization: bearer   <redacted:bearer_token:35>",
    );
    expect(redacted(`q=BEARER%20${opaque}`)).toBe("q=BEARER%20<redacted:bearer_token:35>");
    expect(redacted(`Bearer ${github}`)).toBe("Bearer <redacted:github_token:40>");
    expect(redacted("Bearer token")).toBe("Bearer token");
    expect(redacted("Bearer <redacted:bearer_token:35>")).toBe("Bearer <redacted:bearer_token:35>");
  });

  test("a JWT is found inside a word when its header reads as JSON", () => {
    const header = Buffer.from('{"alg":"RS256","typ":"JWT"}').toString("base64url");
    const token = `${header}.${letters(30)}.${letters(43)}`;
    expect(redacted(`word${token}`)).toBe(`word<redacted:jwt:${token.length}>`);
  });

  test("a full stop after a token stays", () => {
    expect(redacted(`It was ${jwt}.`)).toBe(`It was <redacted:jwt:${jwt.length}>.`);
    expect(redacted(`It was Bearer ${letters(20)}.`)).toBe("It was Bearer <redacted:bearer_token:20>.");
  });

  test("a token inside another one's run leaves nothing behind", () => {
    const text = `${join("s", "k-")}${letters(20)}-Bearer ${letters(25)}`;
    expect(redacted(text)).toBe("<redacted:openai_key:30> <redacted:bearer_token:25>");
  });

  test("a token directly after another token is found", () => {
    const text = `${aws}${github}`;
    expect(redacted(text)).toBe("<redacted:aws_access_key:20><redacted:github_token:40>");
  });

  test("a clean text comes back as it is", () => {
    for (const text of [
      "",
      "a",
      "plain words",
      "sha512-q8l0k=",
      "https://example.com/?page=2#top",
      "a=b&c=d",
      "x: 'y'",
    ]) {
      expect(redacted(text)).toBe(text);
    }
  });

  test("a long text is scanned whole", () => {
    const text = `${"x ".repeat(600_000)}${github}${" y".repeat(600_000)} ${jwt}`;
    const result = redacted(text);
    expect(result.includes(letters(12))).toBe(false);
    expect(result.endsWith(`<redacted:jwt:${jwt.length}>`)).toBe(true);
  });
});

describe("names", () => {
  test.each([
    ["https://user:pass@host.example/x", "https://<redacted:userinfo:9>@host.example/x"],
    ["https://opaque@host.example", "https://<redacted:userinfo:6>@host.example"],
    ["git+ssh://git@host.example/x.git", "git+ssh://git@host.example/x.git"],
    ["postgres://u:p@db/x and https://h/@me", "postgres://<redacted:userinfo:3>@db/x and https://h/@me"],
    ["https://h/?a=1&access_token=abc&b=2", "https://h/?a=1&access_token=<redacted:access_token:3>&b=2"],
    ["https://h/cb?code=abc&state=xyz", "https://h/cb?code=<redacted:code:3>&state=xyz"],
    ["https://h/cb#access_token=abc", "https://h/cb#access_token=<redacted:access_token:3>"],
    ["(see https://h/?sig=abc).", "(see https://h/?sig=<redacted:sig:3>)."],
    ["grant_type=x&refresh_token=abc", "grant_type=x&refresh_token=<redacted:refresh_token:3>"],
    ["client_secret=abc&a=b", "client_secret=<redacted:client_secret:3>&a=b"],
    ["u=https%3A%2F%2Fh%3Ftoken%3Dabc%26x%3D1", "u=https%3A%2F%2Fh%3Ftoken%3D<redacted:token:3>%26x%3D1"],
    ["a&amp;token=abc", "a&amp;token=<redacted:token:3>"],
    ["a\\u0026token=abc", "a\\u0026token=<redacted:token:3>"],
    ["https://h/?code=HARN-OAU-007", "https://h/?code=HARN-OAU-007"],
    ["https://h/?token_type=Bearer", "https://h/?token_type=Bearer"],
    [
      '{"access_token":"abc","token_type":"Bearer"}',
      '{"access_token":"<redacted:access_token:3>","token_type":"Bearer"}',
    ],
    ['{"password" : "a\\"b"}', '{"password" : "<redacted:password:4>"}'],
    ['"{\\"id_token\\":\\"ab\\\\\\"c\\"}"', '"{\\"id_token\\":\\"<redacted:id_token:7>\\"}"'],
    ["{'secret': 'abc'}", "{'secret': '<redacted:secret:3>'}"],
    ['{"access_token":"abc', '{"access_token":"<redacted:access_token:3>'],
    ['{"has_access_token":"yes","expires_in":"3600"}', '{"has_access_token":"yes","expires_in":"3600"}'],
    ['{"code":"HARN-OAU-002"}', '{"code":"HARN-OAU-002"}'],
    ['Parameters: {"password"=>"a#b"}', 'Parameters: {"password"=>"<redacted:password:3>"}'],
    ["'secret_key' => 'a#b&c',", "'secret_key' => '<redacted:secret_key:5>',"],
    ['{"password"= "abc"}', '{"password"= "abc"}'],
    ["//host.example/:_authToken=abc", "//host.example/:_authToken=<redacted:auth_token:3>"],
    ["//host.example/:_auth=abc=", "//host.example/:_auth=<redacted:auth:4>"],
    ["//host.example/:_authToken=${TOKEN}", "//host.example/:_authToken=${TOKEN}"],
    ["https://h/?token=${TOKEN}&a=$", "https://h/?token=${TOKEN}&a=$"],
    ["https://h/?token=$abc", "https://h/?token=<redacted:token:4>"],
    ["authorization: required", "authorization: required"],
    ["Authorization: None, \nx", "Authorization: None, \nx"],
    ["Authorization: required-x", "Authorization: <redacted:authorization:10>"],
    ["X-Api-Key: required", "X-Api-Key: <redacted:x-api-key:8>"],
    ["bearer authentication, or Bearer authorization.", "bearer authentication, or Bearer authorization."],
    ["Bearer authentication1", "Bearer <redacted:bearer_token:15>"],
    ["Bearer authentications", "Bearer <redacted:bearer_token:15>"],
    ["Bearer authentication.x", "Bearer <redacted:bearer_token:16>"],
    [`password = "${"aBc".repeat(4)}"`, 'password = "<redacted:sensitive_assignment:12>"'],
    ['password = "anotherNameOf"', 'password = "<redacted:sensitive_assignment:13>"'],
    ['token = "statementEnd"', 'token = "statementEnd"'],
    ['password = "aBcaBcaBca"', 'password = "aBcaBcaBca"'],
    ['token = "AnotherNameOf it"', 'token = "AnotherNameOf it"'],
    ['token = "anotherName.ofThat"', 'token = "anotherName.ofThat"'],
  ])("%s", (text, expected) => {
    expect(redacted(text)).toBe(expected);
    expect(redacted(expected)).toBe(expected);
  });

  test("a token of a known shape keeps the shape's name", () => {
    expect(redacted(`{"access_token":"${github}"}`)).toBe('{"access_token":"<redacted:github_token:40>"}');
    expect(redacted(`?access_token=${github}`)).toBe("?access_token=<redacted:github_token:40>");
  });
});

describe("placeholders", () => {
  test("are never redacted again", () => {
    const engine = createRedactor();
    engine.registerPattern("words", "[a-z_]{5,}");
    engine.register("redacted", "access_token");
    const text = "<redacted:github_token:40>";
    expect(engine.redact(text)).toBe(text);
    expect(engine.maskKnown(text)).toBe(text);
  });

  test("cannot smuggle a token as a name", () => {
    const engine = createRedactor();
    engine.register("opaque-value-1", "access_token");
    expect(engine.redact("<redacted:opaque-value-1:5>")).toBe("<redacted:<redacted:access_token:14>:5>");
    expect(engine.redact(`<redacted:${github}:5>`)).toBe("<redacted:<redacted:github_token:40>:5>");
  });
});

describe("custom patterns", () => {
  test("come after the catalogue and are this redactor's own", () => {
    const engine = createRedactor();
    engine.registerPattern("acme", "acme_[a-z0-9]{4,}");
    engine.registerPattern("any_github", "ghp_[A-Za-z0-9]+");
    expect(engine.customPatterns()).toEqual(["acme", "any_github"]);
    expect(engine.redact(`acme_abcd1 ${github}`)).toBe("<redacted:acme:10> <redacted:github_token:40>");
    const fork = engine.fork();
    fork.registerPattern("mine", "my_[0-9]+");
    expect(fork.redact("acme_abcd1 my_1")).toBe("<redacted:acme:10> <redacted:mine:4>");
    expect(engine.redact("my_1")).toBe("my_1");
    fork.clearCustomPatterns();
    expect(fork.redact("acme_abcd1 my_1")).toBe("<redacted:acme:10> my_1");
    engine.clearCustomPatterns();
    expect(engine.redact("acme_abcd1")).toBe("acme_abcd1");
  });

  test("of the options cannot be cleared", () => {
    const engine = createRedactor({ patterns: [{ name: "acme", regex: "acme_[a-z]+" }] });
    engine.clearCustomPatterns();
    expect(engine.customPatterns()).toEqual([]);
    expect(engine.redact("acme_x")).toBe("<redacted:acme:6>");
    expect(() => createRedactor({ patterns: [{ name: "", regex: "a" }] })).toThrow("non-empty");
  });

  test("a boundary that a placeholder makes is seen", () => {
    const engine = createRedactor();
    engine.registerPattern("pin", "\\bpin\\d{3}");
    expect(engine.redact("pin123pin456")).toBe("<redacted:pin:6><redacted:pin:6>");
  });

  test("what follows a match is a new text", () => {
    const engine = createRedactor();
    engine.registerPattern("c", "\\bccc");
    engine.registerPattern("d", "^ddd");
    const shown = engine.redact("dddcccddd ddd");
    expect(shown).toBe("<redacted:d:3><redacted:c:3><redacted:d:3> ddd");
    expect(engine.redact(shown)).toBe(shown);
  });

  test.each([
    ["", "a"],
    [" ", "a"],
    ["two words", "a"],
    ["<x>", "a"],
    [github, "a"],
    ["n".repeat(65), "a"],
    [7, "a"],
    ["acme", 7],
  ])("the name %s with %s is refused", (name, regex) => {
    expect(() => createRedactor().registerPattern(name as string, regex as string)).toThrow(
      expect.objectContaining({ code: "HARN-OAU-011", name: "OAuthError" }),
    );
  });

  test("a known value is refused as a name", () => {
    const engine = createRedactor();
    engine.register("opaque_value", "access_token");
    expect(() => engine.registerPattern("opaque_value", "a")).toThrow("looks like a secret");
  });

  test("a hundred and no more", () => {
    const engine = createRedactor();
    for (let i = 0; i < 100; i++) engine.registerPattern("x", `acme${i}_x`);
    expect(() => engine.registerPattern("x", "acme_x")).toThrow("100 patterns");
  });
});

describe("audit", () => {
  test("one entry per pattern and call, sorted by name", () => {
    const engine = createRedactor();
    engine.redact(`${github} ${aws} ${github} Bearer ${letters(12)}`);
    expect(engine.drainAudit()).toEqual([
      { code: "HARN-OAU-001", pattern: "aws_access_key", match_count: 1, bytes_redacted: 20 },
      { code: "HARN-OAU-001", pattern: "bearer_token", match_count: 1, bytes_redacted: 12 },
      { code: "HARN-OAU-001", pattern: "github_token", match_count: 2, bytes_redacted: 80 },
    ]);
    expect(engine.drainAudit()).toEqual([]);
    expect(engine.auditTotals()).toEqual({
      entries: 3,
      dropped: 0,
      match_count: 4,
      bytes_redacted: 112,
      patterns: {
        aws_access_key: { match_count: 1, bytes_redacted: 20 },
        bearer_token: { match_count: 1, bytes_redacted: 12 },
        github_token: { match_count: 2, bytes_redacted: 80 },
      },
    });
  });

  test("a value is one call, a URL redaction counts, a clean text and maskKnown leave nothing", () => {
    const engine = createRedactor();
    engine.register("opaque-value-1", "access_token");
    engine.redact("clean");
    expect(engine.maskKnown("opaque-value-1")).toBe("<redacted:access_token:14>");
    expect(engine.drainAudit()).toEqual([]);
    engine.redactValue({ a: [github, github], password: "pw", url: "https://h/?token=abc" });
    expect(
      engine.drainAudit().map((entry) => [entry.pattern, entry.match_count, entry.bytes_redacted]),
    ).toEqual([
      ["github_token", 2, 80],
      ["password", 1, 2],
      ["token", 1, 3],
    ]);
  });

  test("forks have their own audit", () => {
    const engine = createRedactor();
    const fork = engine.fork();
    fork.redact(github);
    expect(engine.drainAudit()).toEqual([]);
    expect(fork.drainAudit()).toHaveLength(1);
  });

  test("listeners hear of this redactor and its forks, and never of what they cause", () => {
    const heard: string[] = [];
    const engine: RedactorEngine = createRedactor({
      onAudit: (entries) => {
        heard.push(...entries.map((entry) => entry.pattern));
        engine.redact(github);
        engine.redactValue({ password: "x" });
        throw new Error("a listener fails");
      },
    });
    const stop = engine.fork().onAudit(() => heard.push("other fork"));
    const fork = engine.fork();
    expect(fork.redact(aws)).toBe("<redacted:aws_access_key:20>");
    expect(heard).toEqual(["aws_access_key"]);
    stop();
    expect(engine.drainAudit()).toHaveLength(2);
  });
});

describe("failing closed", () => {
  test("what is no string, or breaks, never comes back", () => {
    const engine = createRedactor();
    expect(engine.redact(undefined as unknown as string)).toBe("<redacted:unscannable:0>");
    expect(engine.redact({} as unknown as string)).toBe("<redacted:unscannable:0>");
    expect(engine.maskKnown(null as unknown as string)).toBe("<redacted:unscannable:0>");
  });

  test("needles that repeat themselves too much", () => {
    const engine = createRedactor();
    for (let i = 0; i < 300; i++)
      engine.register(`${String.fromCharCode(0x400 + i)}${"a".repeat(300)}`, "access_token");
    const text = `${"a".repeat(20_000)} opaque`;
    expect(engine.redact(text)).toBe("<redacted:unscannable:20007>");
    expect(engine.drainAudit().at(-1)).toMatchObject({ pattern: "unscannable", bytes_redacted: 20_007 });
    expect(engine.maskKnown(text)).toBe("<redacted:unscannable:20007>");
  });
});

test("isRedactorEngine", () => {
  expect(isRedactorEngine(createRedactor())).toBe(true);
  expect(isRedactorEngine(createRedactor().fork())).toBe(true);
  expect(isRedactorEngine({ ...createRedactor() })).toBe(false);
  expect(isRedactorEngine(null)).toBe(false);
});

test("the reference's names are there, in its order, the guesses last", () => {
  const names = createRedactor().defaultPatterns();
  const reference = [
    "jwt",
    "github_token",
    "github_pat_fine",
    "slack_token",
    "aws_access_key",
    "gitlab_token",
    "huggingface_token",
    "cerebras_key",
    "together_key",
    "google_api_key",
    "npm_token",
    "openai_key",
    "stripe_key",
    "private_key_block",
    "bearer_token",
    "sensitive_assignment",
  ];
  expect(names.filter((name) => reference.includes(name))).toEqual(reference);
  expect(names.slice(-3)).toEqual(["bearer_token", "basic_credentials", "sensitive_assignment"]);
});
