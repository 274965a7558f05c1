import { collectFires, summarise } from '../harness/fires.mjs';
import { sleep, waitFor } from '../harness/wait.mjs';

const PAUSE_MS = 20;
const LIMIT_MS = 30_000;

/**
 * A process that runs one job after the other, and another that cancels each of these runs: how long after the call its
 * handler is told, the commit included.
 */
export function cancelling({ runs: count }) {
  return async ({ join }) => {
    const worker = await join();
    await worker.call('start');
    const other = await join();
    const calledAt = [];
    for (let index = 0; index < count; index++) {
      const job = { index, dueAt: Date.now(), task: 'hold' };
      await other.call('addEach', { jobs: [job] });
      await told(2 * index + 1, 'begun');
      calledAt.push(await other.call('cancelRun', { job }));
      await told(2 * index + 2, 'told to end');
      await sleep(PAUSE_MS);
    }
    // Every handler notes its begin and its end.
    const ends = (await collectFires([worker])).filter((_, i) => i % 2 === 1);
    return { expected: count, ...summarise(ends.map(({ job, at }) => ({ job, due: calledAt[job], at }))) };

    function told(times, what) {
      return waitFor(() => worker.fired >= times, {
        everyMs: 1,
        limitMs: LIMIT_MS,
        what: () => `run ${Math.ceil(times / 2)} of ${count} has not ${what}`,
      });
    }
  };
}
