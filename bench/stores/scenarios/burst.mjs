import { collectFires, summarise } from '../harness/fires.mjs';
import { TooLateError, sleepUntil, waitFor } from '../harness/wait.mjs';

/** For starting the workers, after everything has been added. */
const HEAD_START_MS = 5000;
const LIMIT_MS = 120_000;

/**
 * All jobs are due at one instant; measured from there to the last completion on the subject's own record. They are
 * added before, by a process that leaves, and the workers wait for them.
 */
export function burst({ jobs: count, processes = 1, task = 'tick', profile = 'throughput' }) {
  return async ({ subject, patience, join, leave, unfinished }) => {
    const producer = await join();
    const dueAt = Date.now() + Math.ceil(((count / subject.addPerSecond) * 1000 + HEAD_START_MS) * patience);
    const jobs = Array.from({ length: count }, (_, index) => ({ index, dueAt, task }));
    await producer.call('addMany', { jobs });
    await leave(producer);

    const workers = await Promise.all(Array.from({ length: processes }, () => join({ profile })));
    await Promise.all(workers.map((worker) => worker.call('start')));
    if (Date.now() > dueAt - 500) throw new TooLateError();
    await sleepUntil(dueAt);

    const fired = () => workers.reduce((sum, worker) => sum + worker.fired, 0);
    await waitFor(() => fired() >= count, {
      everyMs: 5,
      limitMs: LIMIT_MS,
      what: () => `${fired()} of ${count} fired`,
    });
    let left = count;
    const doneAt = await waitFor(async () => (left = await unfinished()) === 0, {
      everyMs: 5,
      limitMs: LIMIT_MS,
      what: () => `${left} not done`,
    });

    const fires = summarise(await collectFires(workers));
    return {
      expected: count,
      ...fires,
      firstMs: fires.firstAt - dueAt,
      doneMs: doneAt - dueAt,
      perSecond: count / ((doneAt - dueAt) / 1000),
      perSecondOnce: count / ((doneAt - fires.firstAt) / 1000),
      shares: await Promise.all(workers.map((worker) => worker.fired)),
    };
  };
}
