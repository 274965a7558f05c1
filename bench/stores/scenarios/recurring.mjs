import { phasesOf } from '../../harness/phases.mjs';
import { nextSecond } from '../../harness/cost.mjs';
import { collectFires, firesWithin, summarise } from '../harness/fires.mjs';
import { sleepUntil } from '../harness/wait.mjs';

const WARM_UP_MS = 3000;
const GRACE_MS = 2000;

/** Jobs that fire every second, each at its own millisecond of it, on some processes that share a store. */
export function recurring({ jobs: count, processes, seconds }) {
  return async ({ subject, join, leave }) => {
    if (typeof subject.recurring === 'string') throw new Error(subject.recurring);
    if (processes > (subject.processes ?? Infinity)) throw new Error('one process per store only');
    const anchor = nextSecond(Date.now() + 3000 + (count / subject.addPerSecond) * 1000);
    const jobs = Array.from(phasesOf('random', count), (phase, index) => ({ index, firstAt: anchor + phase }));
    const producer = await join();
    await producer.call('addRecurring', { jobs });
    await leave(producer);

    const workers = await Promise.all(Array.from({ length: processes }, () => join({ profile: 'throughput' })));
    await Promise.all(workers.map((worker) => worker.call('start')));
    const from = nextSecond(Math.max(anchor, Date.now()) + WARM_UP_MS);
    const to = from + seconds * 1000;
    await sleepUntil(from);
    const before = await Promise.all(workers.map((worker) => worker.call('cpu')));
    await sleepUntil(to);
    const after = await Promise.all(workers.map((worker) => worker.call('cpu')));
    await sleepUntil(to + GRACE_MS);

    const fires = summarise(firesWithin(await collectFires(workers), from, to));
    return { expected: count * seconds, ...fires, cores: cores(before, after) };
  };
}

/** How many cores the processes kept busy together. */
export function cores(before, after) {
  return after.reduce((sum, { cpu, at }, i) => {
    const used = cpu.user + cpu.system - before[i].cpu.user - before[i].cpu.system;
    return sum + used / 1000 / (at - before[i].at);
  }, 0);
}
