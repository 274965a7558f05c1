import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { MemoryJobStore } from '../../../lib/stores/memory/memory-job-store.js';
import { interval } from '../../../lib/triggers/factories.js';
import { StoredTrigger } from '../../../lib/triggers/stored-trigger.js';
import { aClaim, aJob, aNode, aScope, HOUR, SECOND } from '../../support/store-fixtures.js';
import { VirtualClock } from '../../support/virtual-clock.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function bytesInUse(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

describe('The memory that a MemoryJobStore takes', () => {
  const open = async (options?: ConstructorParameters<typeof MemoryJobStore>[0]) => {
    const clock = new VirtualClock();
    const context = { alias: 'default', clock, keepAlive: false, onChange: () => undefined };
    const session = await new MemoryJobStore(options).open(context);
    await session.joinNode(aNode('node-1'), HOUR);
    return session;
  };
  const idsFrom = (first: number, count: number) => Array.from({ length: count }, (_, i) => `job-${first + i}`);

  it('is less than 2 KiB for a job with a trigger and an instant of its own', async () => {
    const session = await open();
    const ids = idsFrom(0, 20_000);
    const before = bytesInUse();
    let at = HOUR;
    await session.putJobs(ids, (id, _stored, { now }) => {
      const definition = interval(HOUR, { startAt: new Date((at += 7)) });
      const trigger = StoredTrigger.of(definition, { addedAt: now, timeZone: 'UTC' });
      return { ...aJob({ id, trigger }, now), nextFireAt: at, dueAt: at };
    });
    await session.peek({ horizonMs: 0, lanes: [{ executor: 'default', limit: 1 }], scope: aScope() });
    const bytesPerJob = (bytesInUse() - before) / ids.length;
    expect((await session.summarize()).jobs).toBe(20_000);
    expect(bytesPerJob).toBeLessThan(2_048);
  });

  it('P25 does not grow with one-shot jobs that come and go', async () => {
    const session = await open({ maxRuns: 10 });
    const scope = aScope();
    const trigger = StoredTrigger.of(interval(SECOND), { addedAt: 0, timeZone: 'UTC' });
    const comeAndGo = async (first: number) => {
      await session.putJobs(idsFrom(first, 500), (id, _stored, { now }) => aJob({ id, trigger }, now));
      const { jobs, now } = await session.peek({ horizonMs: 0, lanes: [{ executor: 'default', limit: 500 }], scope });
      const last = { plan: { nextFireAt: null, nextDueAt: null } };
      const { records } = await session.claim(
        'node-1',
        jobs.map((job) => aClaim(job, last)),
      );
      const outcome = { state: 'succeeded', finishedAt: now, outcome: null, retryDelayMs: null } as const;
      const { finished } = await session.complete(records.map(({ run }) => ({ run, ...outcome })));
      expect(finished).toHaveLength(500);
    };
    await comeAndGo(0);
    const before = bytesInUse();
    for (let round = 1; round <= 40; round++) await comeAndGo(round * 500);
    const bytesPerJob = (bytesInUse() - before) / 20_000;
    expect(bytesPerJob).toBeLessThan(100);
  });
});
