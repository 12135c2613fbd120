/**
 * One line that tells a person how far something is.
 *
 * @module
 */

/** How far it is. */
export interface Progress {
  /** Counts bytes that are done; shows the line when it is time to. */
  add(bytes: number): void;
  /** Counts a file that is done. */
  addFile(): void;
  /** Takes the line away, so that something else can be written there. It comes back. */
  clear(): void;
}

/** What a progress line works with. */
export interface ProgressPorts {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Writes to the terminal. */
  readonly write: (text: string) => void;
}

const quietFor = 500;
const between = 100;
const wholeLine = "\r\u001b[2K";

const terminal: ProgressPorts = {
  now: () => performance.now(),
  write: (text) => void process.stderr.write(text),
};

/** A line that appears after half a second. `total`: bytes that there are, or null to count files. */
export function progress(total: number | null, { now, write }: ProgressPorts = terminal): Progress {
  const started = now();
  let shownAt = started + quietFor - between;
  let isShown = false;
  let done = 0;
  let files = 0;
  return {
    add(bytes) {
      done += bytes;
      const at = now();
      if (at - shownAt < between) return;
      shownAt = at;
      isShown = true;
      const rate = `${sizeText((done / (at - started)) * 1_000)}/s`;
      const far =
        total === null ? `${files} files  ${sizeText(done)}` : `${sizeText(done)} of ${sizeText(total)}`;
      write(`${wholeLine}${far}  ${rate}`);
    },
    addFile() {
      files += 1;
    },
    clear() {
      if (isShown) write(wholeLine);
      isShown = false;
    },
  };
}

/** Shows nothing. */
export const noProgress: Progress = { add() {}, addFile() {}, clear() {} };

const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** `512 bytes`, `1.5 MiB`. */
export function sizeText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1_023.95 && unit < units.length - 1) {
    size /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(size) : size.toFixed(1)} ${units[unit] ?? ""}`;
}
