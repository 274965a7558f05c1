import { costOf, nextSecond, until } from './cost.mjs';

/**
 * Starts interval timers at their phase of a second. An interval knows no phase, it counts from its start; so it is
 * started when its phase has come. All of one phase are started in one go, and their cost is that of adding them.
 */
export async function startIntervals(jobs, phases, startOne) {
  const byPhase = groupByPhase(jobs, phases);
  const anchor = nextSecond(Date.now() + 100);
  const costs = await Promise.all(
    [...byPhase].map(([phase, members]) => startPhase(anchor + phase, members, startOne)),
  );
  return costs.reduce((sum, cost) => ({ wallMs: sum.wallMs + cost.wallMs, cpuMs: sum.cpuMs + cost.cpuMs }));
}

async function startPhase(instant, members, startOne) {
  await until(instant);
  // Node counts a timer from the time the event loop last looked at the clock, which may lie before `instant`.
  await new Promise((resolve) => setImmediate(resolve));
  return costOf(() => {
    for (const job of members) startOne(job);
  });
}

function groupByPhase(jobs, phases) {
  const groups = new Map();
  for (let job = 0; job < jobs; job++) {
    const group = groups.get(phases[job]);
    if (group) group.push(job);
    else groups.set(phases[job], [job]);
  }
  return groups;
}
