import { expect, test } from "vitest";
import { progress, sizeText } from "./progress.ts";

function terminal(): { at: number; written: string[]; now: () => number; write: (text: string) => void } {
  const state = {
    at: 1_000,
    written: [] as string[],
    now: () => state.at,
    write: (text: string) => void state.written.push(text),
  };
  return state;
}

test("what is quick shows nothing", () => {
  const port = terminal();
  const line = progress(1_000, port);
  for (let i = 0; i < 10; i++) {
    line.add(100);
    port.at += 50;
  }
  line.clear();
  expect(port.written).toEqual([]);
});

test("what takes long says how far it is, ten times a second at most, and goes away", () => {
  const port = terminal();
  const line = progress(4 * 1_024 ** 2, port);
  port.at += 500;
  line.add(1_024 ** 2);
  port.at += 99;
  line.add(1);
  port.at += 401;
  line.add(1_024 ** 2 - 1);
  line.clear();
  line.clear();
  expect(port.written).toEqual([
    "\r\u001b[2K1.0 MiB of 4.0 MiB  2.0 MiB/s",
    "\r\u001b[2K2.0 MiB of 4.0 MiB  2.0 MiB/s",
    "\r\u001b[2K",
  ]);
});

test("without a total it counts files", () => {
  const port = terminal();
  const line = progress(null, port);
  line.addFile();
  line.addFile();
  port.at += 1_000;
  line.add(512);
  expect(port.written).toEqual(["\r\u001b[2K2 files  512 bytes  512 bytes/s"]);
});

test.each([
  [0, "0 bytes"],
  [1_023, "1023 bytes"],
  [1_024, "1.0 KiB"],
  [1_048_575, "1.0 MiB"],
  [1_536, "1.5 KiB"],
  [5 * 1_024 ** 4, "5.0 TiB"],
  [5_000 * 1_024 ** 4, "5000.0 TiB"],
])("%i bytes are %s", (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
