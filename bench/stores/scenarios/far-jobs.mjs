import { sleep, waitFor } from '../harness/wait.mjs';
import { cores } from './recurring.mjs';

const YEAR_MS = 365 * 86_400_000;
const CHUNK = 5000;
/**
 * A node that has just started looks around more than one that has run for a minute, V8 compiles what it asks for the
 * first times, and collects once all that the start has left, one to more than two minutes after it. PostgreSQL's counter hears of a
 * connection that has become idle up to 10 s later.
 */
const SETTLE_MS = 150_000;
const LONGEST_S = 300;

/**
 * Many jobs that are far away, and one that is due. A process starts on them: how long until it fires that one; and then
 * how much it does and asks while there is nothing to do.
 */
export function farJobs({ jobs: count, seconds }) {
  return async ({ subject, server, space, join, leave }) => {
    if (count / subject.addPerSecond > LONGEST_S) throw new Error('storing so many one by one takes it too long');
    const now = Date.now();
    const producer = await join();
    for (let from = 0; from < count; from += CHUNK) {
      const length = Math.min(CHUNK, count - from);
      const jobs = Array.from({ length }, (_, i) => ({ index: 1 + from + i, dueAt: now + YEAR_MS + from + i }));
      await producer.call('addMany', { jobs });
    }
    await producer.call('addMany', { jobs: [{ index: 0, dueAt: Date.now() }] });
    await leave(producer);
    await server.settle?.(space);

    const spawned = Date.now();
    const worker = await join({ countsQueries: true });
    const starting = Date.now();
    await worker.call('start');
    await waitFor(() => worker.fired > 0, { everyMs: 1, limitMs: 60_000, what: () => 'no fire' });
    const [firstAt] = (await worker.call('fires')).at;

    await sleep(SETTLE_MS);
    const [before, asked] = await Promise.all([worker.call('cpu'), queries()]);
    await sleep(seconds * 1000);
    const [after, askedThen] = await Promise.all([worker.call('cpu'), queries()]);
    return {
      stored: count,
      startMs: firstAt - starting,
      processMs: firstAt - spawned,
      queriesPerSecond: asked === null ? null : (askedThen - asked) / seconds,
      corePercent: cores([before], [after]) * 100,
    };

    /** By the server where it counts for this space alone, else by the node itself. */
    async function queries() {
      const own = await worker.call('queries');
      return own ?? (await server.countQueries?.(space)) ?? null;
    }
  };
}
