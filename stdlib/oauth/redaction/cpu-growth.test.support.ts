/**
 * How the time of a task grows with its input, measured so that a busy machine does not matter.
 */

/** In µs: the CPU time of one call. Where that is short, the best of three. */
function cpuTime(task: () => void): number {
  let best = Infinity;
  for (let tries = 0; tries < 3; tries++) {
    const before = process.cpuUsage();
    task();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, user + system);
    if (best > shortTask) break;
  }
  return best;
}

const shortTask = 200_000;

/** In µs: quadratic work on the inputs that are used here takes longer than this. */
const negligible = 12_000;

/**
 * How many times longer `task` takes for four times as much: about 4 when the time is linear, 16 when it is quadratic. One where
 * it is too short to tell.
 */
export function growth(task: (size: number) => () => void, size: number): number {
  const [small, large] = [task(size), task(4 * size)];
  small();
  let best = Infinity;
  for (let tries = 0; tries < 3 && best >= 8; tries++) {
    const long = cpuTime(large);
    if (long < negligible) return 1;
    best = Math.min(best, long / Math.max(1, cpuTime(small)));
  }
  return best;
}
