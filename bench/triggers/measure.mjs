const ROUNDS = 15;
const ROUND_MS = 60;

/** Operations a second, the best of some rounds; `null`: it can't be done, or takes longer than anybody would wait. */
export function rate(operationsOfOne, work) {
  try {
    const first = timeOf(work);
    if (first > 10_000) return operationsOfOne / (first / 1_000);
    const repeat = Math.max(1, Math.ceil(ROUND_MS / Math.max(first, 0.01)));
    let best = Infinity;
    for (let round = 0; round < ROUNDS; round++) {
      const ms = timeOf(() => {
        for (let i = 0; i < repeat; i++) work();
      });
      best = Math.min(best, ms / repeat);
    }
    return operationsOfOne / (best / 1_000);
  } catch {
    return null;
  }
}

/** Bytes that a call leaves behind, boxes of the numbers handed over included: needs `--expose-gc`. */
export function bytesPerCall(calls, work) {
  // The least of some: what the compiler allocates meanwhile is no call's.
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < 30; i++) work();
    globalThis.gc();
    const before = process.memoryUsage().heapUsed;
    work();
    least = Math.min(least, (process.memoryUsage().heapUsed - before) / calls);
  }
  return least;
}

function timeOf(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}
