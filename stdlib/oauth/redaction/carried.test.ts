import { expect, test } from "vitest";
import { createRedactor } from "./engine.ts";

const token = ["qaz2wsx3", "edc4rfv5"].join("");
const carried = { value: token, name: "access_token" };
const masked = "<redacted:access_token:16>";

test("the secret of a request is masked by itself, whatever else is known", () => {
  const redactor = createRedactor();
  const run = redactor.fork();
  redactor.register(token, "access_token");
  const echo = `you sent Bearer ${token}.of-the-request`;
  // Texts of the script's own, and of a server of its choice, that reach into it.
  for (const character of "abq") run.register(`Bearer ${character}`, "access_token", { own: true });
  run.register("5.of-the-request", "id_token");
  expect(run.maskKnown(echo, carried)).toBe(`you sent Bearer ${masked}.of-the-request`);
});

test("in every form, and although it is short; other known values are masked around it", () => {
  const redactor = createRedactor();
  redactor.register("other-known-value", "refresh_token");
  const text = `${Buffer.from(token).toString("hex")} other-known-value`;
  expect(redactor.maskKnown(text, carried)).toBe("<redacted:access_token:32> <redacted:refresh_token:17>");
  expect(redactor.maskKnown("pin 1234.", { value: "1234", name: "env" })).toBe("pin <redacted:env:4>.");
  expect(redactor.maskKnown("text", { value: "", name: "env" })).toBe("text");
  expect(redactor.maskKnown(`a ${token}`, { value: token, name: "no name <" })).toBe(
    "a <redacted:secret:16>",
  );
});

test("a text of the script's own that overlaps with a token of the host changes nothing", () => {
  const redactor = createRedactor();
  const run = redactor.fork();
  redactor.register(token, "refresh_token");
  const text = `cannot take ${token} again, nor mine-of-the-script`;
  const before = [run.maskKnown(text), run.redact(text), run.auditTotals().bytes_redacted];
  expect(before[0]).toBe("cannot take <redacted:refresh_token:16> again, nor mine-of-the-script");
  run.register(`cannot take ${token.slice(0, 2)}`, "access_token", { own: true });
  run.register(`${token.slice(-3)} again`, "access_token", { own: true });
  expect([run.maskKnown(text), run.redact(text), run.auditTotals().bytes_redacted / 2]).toEqual(before);
  run.register("mine-of-the-script", "access_token", { own: true });
  expect(run.maskKnown(text)).toBe(
    "cannot take <redacted:refresh_token:16> again, nor <redacted:access_token:18>",
  );
});
