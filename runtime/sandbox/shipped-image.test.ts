import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oauth } from "../../stdlib/oauth/index.ts";
import type { Ports } from "../ports.ts";
import { std } from "../std/index.ts";
import type { EngineImage } from "./engine.ts";
import { engineDigest } from "./engine-digest.ts";
import { guestSources } from "./guest-sources.ts";
import { limitTable } from "./limits.ts";
import { preludeOf } from "./runner.ts";
import { type ImageOrigin, readImage, writeImage } from "./shipped-image.ts";
import { collectModules, guestModule } from "./std-modules.ts";

let folder: string;
let file: URL;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "holdfast-image-"));
  file = pathToFileURL(join(folder, "template.image"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const origin: ImageOrigin = {
  engine: "a".repeat(64),
  stack: 1_000,
  prelude: 'import "std/one";',
  sources: new Map([
    ["std/one", "export const one = 1;"],
    ["std/two", 'export const two = "ü\\n";'],
  ]),
};
const image: EngineImage = {
  segments: [
    { at: 0, bytes: Uint8Array.from([1, 2, 10, 123]) },
    { at: 8_192, bytes: Uint8Array.from([10, 0, 255]) },
  ],
  addresses: { runtime: 1, context: 2, deliver: 3, fail: 4, watch: 5, stopped: 6, scratch: 7 },
};

test("an image comes back as it was written", () => {
  writeImage(origin, image, file);
  const read = readImage(origin, file);
  expect(read?.addresses).toEqual(image.addresses);
  expect(read?.segments.map(({ at, bytes }) => [at, [...bytes]])).toEqual(
    image.segments.map(({ at, bytes }) => [at, [...bytes]]),
  );
});

test.each<[string, Partial<ImageOrigin>]>([
  ["another engine", { engine: `${"a".repeat(63)}b` }],
  ["another stack", { stack: 1_001 }],
  ["another prelude", { prelude: 'import "std/two";' }],
  [
    "a module that has changed",
    { sources: new Map([...origin.sources, ["std/one", "export const one = 2;"]]) },
  ],
  ["a module more", { sources: new Map([...origin.sources, ["std/three", ""]]) }],
  ["a module less", { sources: new Map([...origin.sources].slice(0, 1)) }],
  [
    "a module of another name",
    { sources: new Map([...origin.sources].map(([name, text]) => [`${name}s`, text])) },
  ],
])("an image is refused for %s", (_what, other) => {
  writeImage(origin, image, file);
  expect(readImage({ ...origin, ...other }, file)).toBeNull();
  expect(readImage(origin, file)).not.toBeNull();
});

describe("what is no whole image is none", () => {
  test.each([
    ["without its last byte", (content: Buffer) => content.subarray(0, -1)],
    ["with a byte more", (content: Buffer) => Buffer.concat([content, Buffer.of(0)])],
    ["cut behind its origin", (content: Buffer) => content.subarray(0, content.indexOf("\n") + 1)],
    ["cut in its origin", (content: Buffer) => content.subarray(0, 40)],
    ["empty", () => Buffer.alloc(0)],
  ])("%s", (_how, change) => {
    writeImage(origin, image, file);
    writeFileSync(file, change(readFileSync(file)));
    expect(readImage(origin, file)).toBeNull();
  });

  test("not there", () => {
    expect(readImage(origin, new URL("none.image", file))).toBeNull();
  });
});

test("the image of the build is that of the std modules and those of OAuth, and of this engine", () => {
  const inert = new Proxy({}, { get: () => () => {} }) as Ports;
  const modules = collectModules([std(), oauth()], inert);
  const sources = guestSources();
  for (const [name, module] of modules) sources.set(name, guestModule(name, module).source);
  const built: ImageOrigin = {
    engine: engineDigest(),
    stack: limitTable.stack.default,
    prelude: preludeOf([...modules.keys()]),
    sources,
  };
  expect(readImage(built)?.segments.length).toBeGreaterThan(0);
  expect(readImage({ ...built, engine: "another" })).toBeNull();
});
