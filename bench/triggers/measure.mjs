const ROUNDS = 9;
/** Untimed: the compiler is not done with a work before. */
const WARM_UP_ROUNDS = 6;
const ROUND_MS = 30;
/** What takes longer is timed once: noise is small beside it. */
const SLOW_MS = 300;

/**
 * Operations a second of each work, `{ name: [operations, work] }`; `null`: it can't be done. The rounds of the works take
 * turns, so that what else the machine does slows all of them alike, and the median of each counts.
 */
export function rates(works) {
  const started = Object.entries(works).map(([name, [operations, work]]) => start(name, operations, work));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const each of started.filter(({ repeat }) => repeat > 0)) {
      const ms = timeOf(each.work, each.repeat) / each.repeat;
      if (round >= 0) each.times.push(ms);
      else each.repeat = fitting(ms);
    }
  }
  return Object.fromEntries(
    started.map(({ name, operations, times }) => [
      name,
      times.length > 0 ? operations / (median(times) / 1_000) : null,
    ]),
  );
}

/** Bytes that a call leaves behind, boxes of the numbers handed over included: needs `--expose-gc`. */
export function bytesPerCall(calls, work) {
  // The least of some: what the compiler allocates meanwhile is no call's.
  let least = Infinity;
  for (let round = 0; round < 15; round++) {
    for (let i = 0; i < 30; i++) work();
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    work();
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / calls);
  }
  return least;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** Warms up a work, and finds how often it fits into a round; 0: it is timed already, or can't be done. */
function start(name, operations, work) {
  const found = { name, operations, work, times: [], repeat: 0 };
  try {
    const first = timeOf(work, 1);
    if (first > SLOW_MS) return { ...found, times: [first] };
    const warmUp = fitting(first);
    return { ...found, repeat: fitting(timeOf(work, warmUp) / warmUp) };
  } catch {
    return found;
  }
}

function fitting(ms) {
  return Math.ceil(ROUND_MS / Math.max(ms, 0.001));
}

function timeOf(work, repeat) {
  const start = performance.now();
  for (let i = 0; i < repeat; i++) work();
  return performance.now() - start;
}
