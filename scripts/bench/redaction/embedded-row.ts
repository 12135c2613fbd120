/**
 * Live secrets inside base64 of something longer.
 *
 * @module
 */

import { seededRandom } from "../../../stdlib/oauth/redaction/catalogue/sample-token.test.support.ts";
import { createRedactor } from "../../../stdlib/oauth/redaction/engine.ts";
import { counted } from "./cpu-time.ts";
import type { GoalRow } from "../goal-row.ts";
import { isGone } from "./leak.ts";
import { between, bytes } from "./randomness.ts";

const embeddings = 20_000;

/** The row: a secret of 16 to 64 characters between up to 60 random bytes on either side, in base64 or base64url. */
export function embeddedRow(): GoalRow {
  const random = seededRandom(11);
  const redactor = createRedactor();
  let found = 0;
  let foundByRunner = 0;
  for (let done = 0; done < embeddings; done++) {
    const secret = bytes(random, 48)
      .toString("base64url")
      .slice(0, between(random, 16, 64));
    const before = between(random, 0, 60);
    const whole = Buffer.concat([
      bytes(random, before),
      Buffer.from(secret),
      bytes(random, between(random, 0, 60)),
    ]);
    const text = whole.toString(done % 2 === 0 ? "base64" : "base64url");
    // The characters that depend on nothing but the secret.
    const own = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + secret.length) * 8) / 6));
    const release = redactor.register(secret, "access_token");
    if (isGone(own, redactor.redact(text))) found++;
    release();
    if (done % 2 === 0 && runnerForms(secret).some((form) => text.includes(form))) foundByRunner++;
  }
  const percent = (count: number, of: number): number => (count / of) * 100;
  return {
    what: `live secret inside base64, ${embeddings.toLocaleString("en")} random embeddings`,
    unit: "%",
    isMore: true,
    goal: { least: 100 },
    ours: counted(percent(found, embeddings)),
    beside: [
      {
        name: "the GitHub Actions runner's encoders",
        figure: counted(percent(foundByRunner, embeddings / 2)),
        note: "our port: base64 of the secret, and without its first one and two bytes; base64 texts only",
      },
    ],
  };
}

function runnerForms(secret: string): readonly string[] {
  const given = Buffer.from(secret);
  return [0, 1, 2].map((shift) => given.subarray(shift).toString("base64"));
}
