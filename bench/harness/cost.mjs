/** Wall and CPU time of `work`, in milliseconds. */
export async function costOf(work) {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - wall, cpuMs: (user + system) / 1000 };
}

/** Bytes that are really in use: needs `--expose-gc`. */
export function usedBytes() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Resolves at the instant, never before it. */
export function until(epochMs) {
  return new Promise((resolve) => {
    const look = () => {
      const left = epochMs - Date.now();
      if (left <= 0) resolve();
      else setTimeout(look, Math.max(left, 1));
    };
    look();
  });
}

export function nextSecond(earliest = Date.now()) {
  return Math.ceil(earliest / 1000) * 1000;
}
