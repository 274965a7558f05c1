import { collectFires, summarise } from '../harness/fires.mjs';
import { sleep } from '../harness/wait.mjs';

const PAUSE_MS = 20;
const GRACE_MS = 3000;

/**
 * A process that has nothing to do, and another that adds a job due at once, again and again: how long after the call the
 * first one runs it, the commit included.
 */
export function wakeUp({ jobs: count }) {
  return async ({ join }) => {
    const worker = await join();
    await worker.call('start');
    const producer = await join();
    for (let index = 0; index < count; index++) {
      await producer.call('addEach', { jobs: [{ index, dueAt: Date.now() }] });
      await sleep(PAUSE_MS);
    }
    await sleep(GRACE_MS);
    return { expected: count, ...summarise(await collectFires([worker])) };
  };
}
