import { collectFires, firesWithin, summarise } from '../harness/fires.mjs';
import { TooLateError, sleep, sleepUntil } from '../harness/wait.mjs';

const PER_SECOND = 50;
const GRACE_MS = 3000;
/** For adding, and for starting the worker. */
const HEAD_START_MS = 5000;
const BURDEN_FROM = 1_000_000;
/** What stands in the way, or should not: due for an hour, before the first job that is measured. */
const BURDENS = {
  busy: { task: 'wait', executor: 'busy' },
  unknown: { task: 'unknown' },
};

/** One-shot jobs due one after the other at an even pace, with the subject's default settings. */
export function pickUp({ seconds, burden, burdenJobs = 10_000 }) {
  return async ({ subject, patience, join, leave }) => {
    const profile = burden === 'busy' ? 'busy' : 'default';
    const count = PER_SECOND * seconds;
    const producer = await join({ profile });
    if (burden) {
      const overdue = { ...BURDENS[burden], dueAt: Date.now() - 3_600_000 };
      const jobs = Array.from({ length: burdenJobs }, (_, i) => ({ index: BURDEN_FROM + i, ...overdue }));
      await producer.call('addMany', { jobs });
    }
    const from = Date.now() + ((count / subject.addPerSecond) * 1000 + HEAD_START_MS) * patience;
    const jobs = Array.from({ length: count }, (_, index) => ({
      index,
      dueAt: Math.round(from + (index * 1000) / PER_SECOND),
    }));
    await producer.call('addMany', { jobs });
    await leave(producer);

    const worker = await join({ profile });
    await worker.call('start');
    if (Date.now() > from) throw new TooLateError();
    await sleepUntil(from + seconds * 1000);
    await sleep(GRACE_MS);
    const fires = firesWithin(await collectFires([worker]), from, from + seconds * 1000);
    return { expected: count, ...summarise(fires) };
  };
}
