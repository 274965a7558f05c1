/** The fires of all nodes as one list: `[{ job, due, at }]`. */
export async function collectFires(nodes) {
  const logs = await Promise.all(nodes.map((node) => node.call('fires')));
  return logs.flatMap(({ job, due, at }) => job.map((index, i) => ({ job: index, due: due[i], at: at[i] })));
}

/** Those whose slot lies in the window, or, where slots are not told, that happened in it. */
export function firesWithin(fires, from, to) {
  return fires.filter(({ due, at }) => (due ?? at) >= from && (due ?? at) < to);
}

/** How many different slots, how many fires too many, and how late the fires were. */
export function summarise(fires) {
  const known = fires.filter(({ due }) => due !== null);
  const slots = new Set(known.map(({ job, due }) => `${job}@${due}`));
  const late = Float64Array.from(known, ({ due, at }) => at - due).sort();
  return {
    achieved: slots.size + fires.length - known.length,
    doubled: known.length - slots.size,
    // Some clocks are read in whole milliseconds.
    early: late.filter((ms) => ms < -1).length,
    p50: percentile(late, 0.5),
    p99: percentile(late, 0.99),
    max: late.at(-1) ?? null,
    firstAt: fires.reduce((first, { at }) => Math.min(first, at), Infinity),
    lastAt: fires.reduce((last, { at }) => Math.max(last, at), -Infinity),
  };
}

function percentile(sorted, share) {
  return sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}
